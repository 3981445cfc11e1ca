"""The last layer of every network: features, where batch norm and ReLU go, and their scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from incay.trainables.networks.base import FeaturePlacement


class FeatureHead(nn.Module):
    """Fully connected layer, then nothing, ReLU, or batch norm and ReLU; times a constant.

    The features are computed in float32, also under autocast: the few numbers that incay is
    about are not rounded to bfloat16.

    Args:
        inputs: Numbers per image that come in.
        dimension: D.
        placement: What follows the fully connected layer.
        scale: f is multiplied by it (paper A, Table 4).
        dropout: Share of what comes in that becomes 0 in training.
    """

    def __init__(
        self,
        inputs: int,
        dimension: int,
        placement: FeaturePlacement,
        scale: float,
        *,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        normalized = placement == "bn_relu"
        # Batch norm takes the mean away and with it any bias.
        self.linear = nn.Linear(inputs, dimension, bias=not normalized)
        self.norm = nn.BatchNorm1d(dimension) if normalized else nn.Identity()
        self.activation = nn.Identity() if placement == "linear" else nn.ReLU()
        self.scale = scale
        self.dropout = nn.Dropout(dropout) if dropout else None

    def forward(self, flat_BF: Tensor) -> Tensor:
        """Return features (batch, D), float32."""
        if self.dropout is not None:
            flat_BF = self.dropout(flat_BF)
        with torch.autocast(flat_BF.device.type, enabled=False):
            features_BD: Tensor = self.activation(self.norm(self.linear(flat_BF.float())))
        return features_BD if self.scale == 1.0 else features_BD * self.scale
