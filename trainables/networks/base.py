"""The contract of a network: images in, features out; the loss owns the classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from incay.trainables.networks.head import PLACEMENTS, FeatureHead, FeaturePlacement
from incay.trainables.settings import Component, require, require_finite


class FeatureNetwork(nn.Module):
    """Maps images (batch, channels, height, width), float, to features (batch, `num_features`).

    A network is a `trunk`, which ends in flat numbers, and a `head`, which makes features of
    them.
    """

    num_features: int
    trunk: nn.Module
    head: FeatureHead

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return the features f (batch, D), float32: the classifier's input."""
        features_BD: Tensor = self.head(self.trunk(images_BCHW))
        return features_BD


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
    """

    width: float = 1.0
    dimension: int = 512
    feature: FeaturePlacement = "linear"
    feature_scale: float = 1.0

    image_shape: ClassVar[tuple[int, int, int]]
    """(channels, height, width) of the images that it was published for; it takes others too."""

    def __post_init__(self) -> None:
        require_finite("width", self.width, low_open=True)
        require(self.width <= 16.0, "width <= 16", self.width)
        require(self.dimension >= 1, "dimension >= 1", self.dimension)
        require(self.feature in PLACEMENTS, f"feature in {set(PLACEMENTS)}", self.feature)
        require_finite("feature_scale", self.feature_scale, low_open=True)

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
        return FeatureHead(inputs, self.dimension, self.feature, self.feature_scale)

    def require_image_size(self, image_shape: tuple[int, int, int], smallest: int) -> None:
        """Raise a `ValueError` unless both sides of an image have `smallest` pixels or more."""
        _, height, width = image_shape
        require(
            min(height, width) >= smallest,
            f"image height and width >= {smallest} for network {self.name}",
            (height, width),
        )
