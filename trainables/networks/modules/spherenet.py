"""The layers of SphereNet."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import Tensor, nn

from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.init import gaussian, xavier

if TYPE_CHECKING:
    from incay.trainables.networks.spherenet import (
        SphereNetSettings,
    )


STAGE_CHANNELS = (64, 128, 256, 512)


RESIDUAL_STD = 0.01
"""Of initial weights inside residual units: a unit starts close to the identity."""


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
