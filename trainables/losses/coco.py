"""Congenerous cosine loss (COCO)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.scale import ScaledLossSettings

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


LARGEST_LOSS = 1e-4
"""ε in the bound on α: the loss that remains when features and classes agree."""


@register_loss("coco")
@dataclass(frozen=True, kw_only=True)
class COCOSettings(ScaledLossSettings):
    """−log softmax(α·cos θ)_y, features and weights normalised (Liu et al. 2017c, section 2).

    Attributes:
        scale: α, or ``auto``: the authors' bound ½·log((K − 1)/ε) + 3 with ε = 1e-4 for K
            classes; 8.70 for K = 10, 12.24 for K = 10,572.
    """

    soft_labels = True
    citation = (
        "Liu et al., Rethinking Feature Discrimination and Polymerization for Large-scale "
        "Recognition, 2017; paper A, section 4.2"
    )

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.normalized import NormalizedLoss

        return NormalizedLoss(num_features, num_classes, scale=self.scale_for(num_classes))

    @staticmethod
    def bound(num_classes: int) -> float:
        """Return ½·log((K − 1)/ε) + 3, taking one class as two."""
        return 0.5 * math.log(max(num_classes - 1, 1) / LARGEST_LOSS) + 3.0
