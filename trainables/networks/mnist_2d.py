"""MNIST-2D: two convolutions and a two-dimensional feature."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainables.networks import register_network
from trainables.networks.base import FeatureNetwork, NetworkSettings
from trainables.settings import require


@register_network("mnist-2d")
@dataclass(frozen=True, kw_only=True)
class MNIST2DSettings(NetworkSettings):
    """Conv 5×5 (20), conv 5×5 (50), fully connected to D = 2 (paper B, Table 1).

    Each convolution is unpadded and followed by batch norm, ReLU and 2×2 max pooling; the
    feature is plain linear. The papers leave the pooling after the first convolution open;
    the L-Softmax authors' MNIST network, which they follow, pools after both.

    Attributes:
        dimension: D, 2 in the paper.
        pool_first: Whether the first convolution is pooled as well.
    """

    dimension: int = 2
    pool_first: bool = True

    citation = "paper B, Table 1 and section 4.2"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.dimension >= 1, "dimension >= 1", self.dimension)

    def build(self, image_shape: tuple[int, int, int]) -> FeatureNetwork:
        """Return the network for images of at least 16×16 pixels."""
        return MNIST2D(self, image_shape)


class MNIST2D(FeatureNetwork):
    """See `MNIST2DSettings`."""

    def __init__(self, settings: MNIST2DSettings, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        channels, height, width = image_shape
        require(min(height, width) >= 16, "image height and width >= 16 for mnist-2d", image_shape)
        first, second = settings.channels(20), settings.channels(50)
        self.num_features = settings.dimension
        self.scale = settings.feature_scale
        layers: list[nn.Module] = [nn.Conv2d(channels, first, 5), nn.BatchNorm2d(first), nn.ReLU()]
        if settings.pool_first:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        layers += [nn.Conv2d(first, second, 5), nn.BatchNorm2d(second), nn.ReLU()]
        layers += [nn.MaxPool2d(2, ceil_mode=True), nn.Flatten()]
        self.trunk = nn.Sequential(*layers)
        with torch.no_grad():
            flat = self.trunk.eval()(torch.zeros(1, *image_shape)).shape[1]
        self.trunk.train()
        self.feature = nn.Linear(flat, self.num_features)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return features (batch, D)."""
        flat_BF = self.trunk(images_BCHW)
        # The few numbers that incay is about are not rounded to bfloat16.
        with torch.autocast(images_BCHW.device.type, enabled=False):
            features_BD: Tensor = self.feature(flat_BF.float())
        return features_BD if self.scale == 1.0 else features_BD * self.scale
