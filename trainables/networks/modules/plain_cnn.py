"""The layers of the MNIST, CIFAR-10 and CIFAR-100 networks."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn

from incay.trainables.networks.modules.base import FeatureNetwork
from incay.trainables.networks.modules.init import msra

if TYPE_CHECKING:
    from incay.trainables.networks.plain_cnn import PlainCNNSettings


class PlainCNN(FeatureNetwork):
    """See `PlainCNNSettings`."""

    def __init__(self, settings: PlainCNNSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        settings.require_image_size(image_shape, 8)
        channels, height, width = image_shape
        layers: dict[str, nn.Module] = {}
        for stage, (count, convolutions) in enumerate(settings.stages):
            outputs = settings.channels(count)
            for number in range(1, convolutions + 1):
                place = f"{stage}_{number}"
                # No bias: batch norm takes the mean away and with it any bias.
                layers[f"conv{place}"] = nn.Conv2d(channels, outputs, 3, padding=1, bias=False)
                layers[f"norm{place}"] = nn.BatchNorm2d(outputs)
                layers[f"relu{place}"] = nn.ReLU()
                channels = outputs
            if stage > 0:
                layers[f"pool{stage}"] = nn.MaxPool2d(2, ceil_mode=True)
                height, width = -(-height // 2), -(-width // 2)
        self.trunk = nn.Sequential(OrderedDict(layers, flatten=nn.Flatten()))
        self.head = settings.build_head(channels * height * width)
        self.num_features = settings.dimension
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                msra(module)
