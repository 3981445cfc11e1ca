"""Multi-class hinge loss, one class against all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import ClassifierLoss, Loss, LossOutput, LossSettings, Term
from incay.trainables.settings import require


@register_loss("hinge")
@dataclass(frozen=True, kw_only=True)
class HingeSettings(LossSettings):
    """Σ_k max(0, 1 − δ_k·w_k·f)^p with δ_y = 1, δ_k = −1 for every other class.

    This is Caffe's HingeLoss, the framework in which the L-Softmax authors measured the
    "Hinge Loss" rows that both papers cite; neither says which p they used.

    Attributes:
        norm: ``L1`` (p = 1, Caffe's default) or ``L2`` (p = 2).
    """

    norm: Literal["L1", "L2"] = "L1"

    citation = "Liu et al., Large-Margin Softmax Loss, ICML 2016; paper A, Table 2; Caffe HingeLoss"
    search_space = {"norm": "[L1, L2]"}

    def __post_init__(self) -> None:
        require(self.norm in ("L1", "L2"), "norm in {L1, L2}", self.norm)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        return HingeLoss(self, num_features, num_classes)


class HingeLoss(ClassifierLoss):
    """See `HingeSettings`. Evaluation ranks w_k · f."""

    def __init__(self, settings: HingeSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
        self.settings = settings

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``hinge``."""
        del step
        scores_BK = self.scores(features_BD)
        prediction_B = scores_BK.detach().argmax(dim=1)
        # In place throughout: the violations are the only (batch, classes) matrix that stays.
        row_B = torch.arange(len(labels_B), device=labels_B.device)
        scores_BK[row_B, labels_B] = -scores_BK[row_B, labels_B]
        violation_BK = scores_BK.add_(1.0).relu_()
        if self.settings.norm == "L1":
            hinge_B = violation_BK.sum(dim=1)
        else:
            # Σ v² as ‖v‖²: the gradient of square would make two more such matrices.
            hinge_B = torch.linalg.vector_norm(violation_BK, dim=1).square()
        return LossOutput({"hinge": Term(hinge_B)}, prediction_B)
