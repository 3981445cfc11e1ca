"""MNIST-2D: two convolutions and a two-dimensional feature."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from incay.trainables.networks import register_network
from incay.trainables.networks.base import FeatureNetwork, NetworkSettings
from incay.trainables.networks.init import msra


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
        return MNIST2D(self, image_shape)


class MNIST2D(FeatureNetwork):
    """See `MNIST2DSettings`."""

    def __init__(self, settings: MNIST2DSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        settings.require_image_size(image_shape, 16)
        channels, height, width = image_shape
        first, second = settings.channels(20), settings.channels(50)
        layers = _convolution("0", channels, first, pool=settings.pool_first)
        layers |= _convolution("1", first, second, pool=True)
        self.trunk = nn.Sequential(OrderedDict(layers, flatten=nn.Flatten()))
        flat = second
        for side in (height, width):
            side -= 4
            side = (-(-side // 2) if settings.pool_first else side) - 4
            flat *= -(-side // 2)
        self.head = settings.build_head(flat)
        self.num_features = settings.dimension
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                msra(module)


def _convolution(stage: str, inputs: int, outputs: int, *, pool: bool) -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {
        # No bias: batch norm takes the mean away and with it any bias.
        f"conv{stage}": nn.Conv2d(inputs, outputs, 5, bias=False),
        f"norm{stage}": nn.BatchNorm2d(outputs),
        f"relu{stage}": nn.ReLU(),
    }
    if pool:
        layers[f"pool{stage}"] = nn.MaxPool2d(2, ceil_mode=True)
    return layers
