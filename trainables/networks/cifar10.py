"""The papers' CIFAR-10 network."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.networks import register_network
from incay.trainables.networks.plain_cnn import PlainCNNSettings


@register_network("cifar10")
@dataclass(frozen=True, kw_only=True)
class CIFAR10NetworkSettings(PlainCNNSettings):
    """64, 64, 128 and 256 channels, 1 + 4 + 4 + 4 convolutions, D = 512."""

    image_shape = (3, 32, 32)
    stages = ((64, 1), (64, 4), (128, 4), (256, 4))
    citation = "paper A, Table 8; paper B, Table 1"
