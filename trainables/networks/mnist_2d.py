"""MNIST-2D: two convolutions and a two-dimensional feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.networks import register_network
from incay.trainables.networks.base import NetworkSettings

if TYPE_CHECKING:
    from incay.trainables.networks.modules.base import FeatureNetwork


@register_network("mnist-2d")
@dataclass(frozen=True, kw_only=True)
class MNIST2DSettings(NetworkSettings):
    """Conv 5×5 (20), conv 5×5 (50), fully connected to D = 2 (paper B, Table 1).

    Each convolution is unpadded and followed by batch norm, ReLU and 2×2 max pooling; the
    feature is plain linear. The papers leave the pooling after the first convolution open;
    the L-Softmax authors' MNIST network, which they follow, pools after both.

    Attributes:
        pool_first: Whether the first convolution is pooled as well.
    """

    dimension: int = 2
    pool_first: bool = True

    image_shape = (1, 28, 28)
    citation = "paper B, Table 1 and section 4.2"

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for images of at least 16×16 pixels."""
        from incay.trainables.networks.modules.mnist_2d import MNIST2D

        return MNIST2D(self, image_shape)
