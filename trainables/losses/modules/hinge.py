"""The hinge of every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss, LossOutput, Term

if TYPE_CHECKING:
    from incay.trainables.losses.hinge import HingeSettings


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
