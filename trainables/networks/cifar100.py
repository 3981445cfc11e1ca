"""The papers' CIFAR-100 network."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.networks import register_network
from incay.trainables.networks.plain_cnn import PlainCNNSettings


@register_network("cifar100")
@dataclass(frozen=True, kw_only=True)
class CIFAR100NetworkSettings(PlainCNNSettings):
    """128, 128, 256 and 512 channels, 1 + 4 + 4 + 4 convolutions, D = 512."""

    image_shape = (3, 32, 32)
    stages = ((128, 1), (128, 4), (256, 4), (512, 4))
    citation = "paper A, Table 8; paper B, Table 1"
