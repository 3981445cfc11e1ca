"""The papers' MNIST network."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.networks import register_network
from incay.trainables.networks.plain_cnn import PlainCNNSettings


@register_network("mnist")
@dataclass(frozen=True, kw_only=True)
class MNISTNetworkSettings(PlainCNNSettings):
    """64 channels throughout, 1 + 3 + 3 + 3 convolutions, D = 256.

    The L-Softmax authors' own MNIST network differs: 64, 128 and 256 channels and D = 512.
    """

    dimension: int = 256

    image_shape = (1, 28, 28)
    stages = ((64, 1), (64, 3), (64, 3), (64, 3))
    citation = "paper A, Table 8; paper B, Table 1"
