"""The weighted logits of circle loss.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import LossOutput, Term
from incay.trainables.losses.modules.normalized import NormalizedLoss
from incay.trainables.losses.modules.rowwise import row_loss, softmax_

if TYPE_CHECKING:
    from incay.trainables.losses.margins.circle import CircleSettings


class CircleLoss(NormalizedLoss):
    """See `CircleSettings`. Evaluation uses γ·cos θ."""

    def __init__(self, settings: CircleSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``cross_entropy``."""
        del step
        logits_BK = self.scores(features_BD)
        prediction_B = logits_BK.detach().argmax(dim=1)
        compute = partial(_compute, margin=self.settings.margin, scale=self.settings.scale)
        each_B = row_loss(compute, logits_BK, labels_B)
        return LossOutput({"cross_entropy": Term(each_B)}, prediction_B)


def _compute(
    logits_BK: Tensor, labels_B: Tensor, *, margin: float, scale: float
) -> tuple[Tensor, Tensor]:
    """Return the cross entropy of weighted logits and its gradient.

    Args:
        logits_BK: γ·cos θ.
        labels_B: The targets.
        margin: m.
        scale: γ.
    """
    row_B = torch.arange(len(labels_B), device=labels_B.device)
    cosine_B = logits_BK[row_B, labels_B] / scale
    own_weight_B = (1.0 + margin - cosine_B).clamp_min(0.0)
    target_B = scale * own_weight_B * (cosine_B - 1.0 + margin)
    weight_BK = (logits_BK / scale).add_(margin).clamp_min_(0.0)
    changed_BK = logits_BK.sub(scale * margin).mul_(weight_BK)
    changed_BK[row_B, labels_B] = target_B
    weight_BK[row_B, labels_B] = own_weight_B
    loss_B = softmax_(changed_BK) - target_B
    changed_BK[row_B, labels_B] = changed_BK[row_B, labels_B] - 1.0
    return loss_B, changed_BK.mul_(weight_BK)
