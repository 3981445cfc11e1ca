"""The contract of a network: images in, features out; the loss owns the classifier."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from trainables.settings import Component, require, require_finite


class FeatureNetwork(nn.Module):
    """Maps images (batch, channels, height, width), float, to features (batch, `num_features`)."""

    num_features: int

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return the features f, the classifier's input."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Component):
    """What every network can vary.

    Attributes:
        width: Multiplies every channel count, so that each network also exists in a size for
            a laptop. The papers' networks have width 1.
        feature_scale: f is multiplied by it before the loss (paper A, Table 4).
    """

    width: float = 1.0
    feature_scale: float = 1.0

    def __post_init__(self) -> None:
        require_finite("width", self.width, low_open=True)
        require(self.width <= 16.0, "width <= 16", self.width)
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
