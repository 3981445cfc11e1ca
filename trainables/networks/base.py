"""The contract of a network: images in, features out; the loss owns the classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from incay.trainables.settings import Component, require, require_finite

if TYPE_CHECKING:
    from incay.trainables.networks.modules.base import FeatureNetwork
    from incay.trainables.networks.modules.head import FeatureHead


FeaturePlacement = Literal["linear", "relu", "bn_relu"]
"""What follows the last fully connected layer, before the classifier."""

PLACEMENTS: tuple[FeaturePlacement, ...] = ("linear", "relu", "bn_relu")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Component):
    """What every network can vary.

    Attributes:
        width: Multiplies the channel counts of all convolutions, so that each network also
            exists in a size for a laptop. The papers' networks have width 1.
        dimension: D, the length of a feature; `width` does not change it.
        feature: What follows the last fully connected layer: nothing (``linear``), ReLU, or
            batch norm and ReLU (``bn_relu``). The papers do not say; each network's default
            is what the authors whom they follow published.
        feature_scale: f is multiplied by it before the loss (paper A, Table 4).
        dropout: Share of the numbers that come into the last fully connected layer that become 0
            in training (Srivastava et al., JMLR 2014). f itself loses none: its norm is what incay
            is about.
    """

    width: float = 1.0
    dimension: int = 512
    feature: FeaturePlacement = "linear"
    feature_scale: float = 1.0
    dropout: float = 0.0

    image_shape: ClassVar[tuple[int, int, int]]
    """(channels, height, width) of the images that it was published for; it takes others too."""

    def __post_init__(self) -> None:
        require_finite("width", self.width, low_open=True)
        require(self.width <= 16.0, "width <= 16", self.width)
        require(self.dimension >= 1, "dimension >= 1", self.dimension)
        require(self.feature in PLACEMENTS, f"feature in {set(PLACEMENTS)}", self.feature)
        require_finite("feature_scale", self.feature_scale, low_open=True)
        require(0.0 <= self.dropout < 1.0, "0 <= dropout < 1", self.dropout)

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return a freshly initialised network.

        Args:
            image_shape: (channels, height, width) of the data set's images.

        Raises:
            ValueError: The network cannot take images of this shape.
        """
        raise NotImplementedError

    def channels(self, count: int) -> int:
        """Return a channel count of the papers' network, scaled by `width`."""
        return max(1, round(count * self.width))

    def build_head(self, inputs: int) -> FeatureHead:
        """Return the head for a trunk that ends in `inputs` numbers."""
        from incay.trainables.networks.modules.head import FeatureHead

        return FeatureHead(
            inputs, self.dimension, self.feature, self.feature_scale, dropout=self.dropout
        )

    def require_image_size(self, image_shape: tuple[int, int, int], smallest: int) -> None:
        """Raise a `ValueError` unless both sides of an image have `smallest` pixels or more."""
        _, height, width = image_shape
        require(
            min(height, width) >= smallest,
            f"image height and width >= {smallest} for network {self.name}",
            (height, width),
        )
