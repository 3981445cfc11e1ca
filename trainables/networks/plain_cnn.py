"""What the MNIST, CIFAR-10 and CIFAR-100 networks share: a plain chain of 3×3 convolutions."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from incay.trainables.networks.base import FeatureNetwork, NetworkSettings
from incay.trainables.networks.head import FeaturePlacement
from incay.trainables.networks.init import msra


@dataclass(frozen=True, kw_only=True)
class PlainCNNSettings(NetworkSettings):
    """Conv0.x to Conv3.x and a fully connected layer (paper A, Table 8; paper B, Table 1).

    Every convolution is 3×3 with padding 1, followed by batch norm and ReLU; 2×2 max pooling
    with stride 2, rounded up as Caffe does, closes Conv1.x, Conv2.x and Conv3.x. Batch norm,
    the feature's placement (fully connected, batch norm, ReLU) and MSRA initial weights are
    the L-Softmax authors' published settings.
    """

    feature: FeaturePlacement = "bn_relu"

    stages: ClassVar[tuple[tuple[int, int], ...]]
    """(channels, convolutions) of Conv0.x, Conv1.x, Conv2.x and Conv3.x."""

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for images of at least 8×8 pixels."""
        return PlainCNN(self, image_shape)


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
