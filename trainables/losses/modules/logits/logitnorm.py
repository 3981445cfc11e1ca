"""Softmax of logits of one norm.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss, LossOutput, Term
from incay.trainables.losses.modules.normalized import SHORTEST
from incay.trainables.losses.modules.rowwise import row_loss, softmax_

if TYPE_CHECKING:
    from incay.trainables.losses.logits.logitnorm import LogitNormSettings

EPSILON = 1e-7
"""What the authors add to the norm."""


class LogitNorm(ClassifierLoss):
    """See `LogitNormSettings`. Evaluation uses w_k · f."""

    def __init__(self, settings: LogitNormSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
        self.temperature = settings.temperature

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``cross_entropy``."""
        del step
        logits_BK = self.scores(features_BD)
        prediction_B = logits_BK.detach().argmax(dim=1)
        compute = partial(_compute, temperature=self.temperature)
        return LossOutput(
            {"cross_entropy": Term(row_loss(compute, logits_BK, labels_B))}, prediction_B
        )


def _compute(logits_BK: Tensor, labels: Tensor, *, temperature: float) -> tuple[Tensor, Tensor]:
    """Return the cross entropy of u = z/(τ(‖z‖ + ε)) and its gradient.

    With g = softmax(u) − y it is g/(τ(‖z‖ + ε)) − (g·z) z/(τ‖z‖(‖z‖ + ε)²).

    Args:
        logits_BK: z.
        labels: Classes (B,), or shares of classes (B, K).
        temperature: τ.
    """
    norm_B1 = torch.linalg.vector_norm(logits_BK, dim=1, keepdim=True)
    divisor_B1 = temperature * (norm_B1 + EPSILON)
    error_BK = logits_BK / divisor_B1
    if labels.dim() == 2:
        labels = labels.to(error_BK.dtype)
        target_B = torch.linalg.vecdot(error_BK, labels)
        loss_B = softmax_(error_BK) * labels.sum(dim=1) - target_B
        error_BK.sub_(labels)
    else:
        row_B = torch.arange(len(labels), device=labels.device)
        target_B = error_BK[row_B, labels]
        loss_B = softmax_(error_BK) - target_B
        error_BK[row_B, labels] = error_BK[row_B, labels] - 1.0
    along_B1 = torch.linalg.vecdot(error_BK, logits_BK).unsqueeze(1)
    no_length_B1 = norm_B1 <= SHORTEST
    per_length_B1 = along_B1 / (norm_B1 * (norm_B1 + EPSILON)).masked_fill(no_length_B1, torch.inf)
    error_BK.sub_(logits_BK * per_length_B1)
    return loss_B, error_BK.div_(divisor_B1.masked_fill(no_length_B1, torch.inf))
