"""SphereNet-20 and SphereNet-64: residual networks for faces, without batch norm."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from incay.trainables.networks import register_network
from incay.trainables.networks.base import FeatureNetwork, NetworkSettings
from incay.trainables.networks.init import gaussian, xavier

STAGE_CHANNELS = (64, 128, 256, 512)
RESIDUAL_STD = 0.01
"""Of initial weights inside residual units: a unit starts close to the identity."""


@dataclass(frozen=True, kw_only=True)
class SphereNetSettings(NetworkSettings):
    """Four stages of 64, 128, 256 and 512 channels and a fully connected layer, D = 512.

    A stage opens with a 3×3 convolution of stride 2, followed by residual units of two 3×3
    convolutions. PReLU follows every convolution; there is no batch norm; the feature has no
    activation. Structure, initial weights, and residual convolutions without bias are the
    SphereFace authors' published settings. Their images are 112×96, in colour.
    """

    units: ClassVar[tuple[int, int, int, int]]
    """Residual units of each stage."""
    image_shape = (3, 112, 96)
    citation = "Liu et al., SphereFace, 2017, Table 2; paper A, section 6.4"

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for grey or colour images of at least 16×16 pixels."""
        return SphereNet(self, image_shape)


@register_network("spherenet-20")
@dataclass(frozen=True, kw_only=True)
class SphereNet20Settings(SphereNetSettings):
    """SphereNet with 1, 2, 4 and 1 residual units: 20 layers."""

    units = (1, 2, 4, 1)


@register_network("spherenet-64")
@dataclass(frozen=True, kw_only=True)
class SphereNet64Settings(SphereNetSettings):
    """SphereNet with 3, 8, 16 and 3 residual units: 64 layers."""

    units = (3, 8, 16, 3)


class SphereNet(FeatureNetwork):
    """See `SphereNetSettings`."""

    def __init__(self, settings: SphereNetSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        settings.require_image_size(image_shape, 16)
        channels, height, width = image_shape
        layers: dict[str, nn.Module] = {}
        stages = zip(STAGE_CHANNELS, settings.units, strict=True)
        for stage, (count, units) in enumerate(stages, start=1):
            outputs = settings.channels(count)
            opening = nn.Conv2d(channels, outputs, 3, stride=2, padding=1)
            xavier(opening)
            layers[f"conv{stage}"] = opening
            layers[f"prelu{stage}"] = nn.PReLU(outputs)
            for unit in range(1, units + 1):
                layers[f"unit{stage}_{unit}"] = ResidualUnit(outputs)
            channels, height, width = outputs, (height + 1) // 2, (width + 1) // 2
        self.trunk = nn.Sequential(OrderedDict(layers, flatten=nn.Flatten()))
        self.head = settings.build_head(channels * height * width)
        xavier(self.head.linear)
        self.num_features = settings.dimension


class ResidualUnit(nn.Module):
    """x + PReLU(conv(PReLU(conv(x)))), 3×3, without bias; nothing follows the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.prelu1 = nn.PReLU(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.prelu2 = nn.PReLU(channels)
        gaussian(self.conv1, RESIDUAL_STD)
        gaussian(self.conv2, RESIDUAL_STD)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        hidden_BCHW = self.prelu1(self.conv1(x_BCHW))
        residual_BCHW: Tensor = self.prelu2(self.conv2(hidden_BCHW))
        return x_BCHW + residual_BCHW
