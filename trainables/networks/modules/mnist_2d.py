"""The layers of MNIST-2D."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn

from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.init import msra

if TYPE_CHECKING:
    from incay.trainables.networks.mnist_2d import MNIST2DSettings


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
