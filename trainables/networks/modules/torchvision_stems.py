"""The first layers of torchvision's models for images of some 32×32 pixels.

He et al. (Deep residual learning, 2016, section 4.2) open their CIFAR networks with a 3×3
convolution of stride 1 and do not pool behind it; here the same is done to all families whose first
convolution has stride 2.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from torchvision import models


def open_narrowly(model: Any, name: str) -> None:
    """Give a model the stem of CIFAR networks.

    Args:
        model: A model of torchvision, as it is built.
        name: Its name.

    Raises:
        ValueError: Its family has no such stem.
    """
    match model:
        case models.ResNet():
            model.conv1, model.maxpool = _small(model.conv1), nn.Identity()
        case models.DenseNet():
            model.features.conv0 = _small(model.features.conv0)
            model.features.pool0 = nn.Identity()
        case models.GoogLeNet():
            model.conv1.conv, model.maxpool1 = _small(model.conv1.conv), nn.Identity()
        case models.SqueezeNet():
            model.features[0], model.features[2] = _small(model.features[0]), nn.Identity()
        case models.ShuffleNetV2():
            model.conv1[0], model.maxpool = _small(model.conv1[0]), nn.Identity()
        case models.MobileNetV2() | models.MobileNetV3() | models.EfficientNet():
            model.features[0][0] = _small(model.features[0][0])
        case models.MNASNet():
            model.layers[0] = _small(model.layers[0])
        case models.RegNet():
            model.stem[0] = _small(model.stem[0])
        case _:
            raise ValueError(
                f"stem must be imagenet for model {name!r}, but is cifar, which there is for "
                "ResNet, DenseNet, GoogLeNet, SqueezeNet, ShuffleNet, MobileNet, EfficientNet, "
                "MNASNet and RegNet"
            )


def _small(first: nn.Conv2d) -> nn.Conv2d:
    """Return a 3×3 convolution of stride 1; the weights of one that is 3×3 already are kept."""
    if first.kernel_size == (3, 3):
        first.stride, first.padding = (1, 1), (1, 1)
        return first
    bias = first.bias is not None
    layer = nn.Conv2d(first.in_channels, first.out_channels, 3, padding=1, bias=bias)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
