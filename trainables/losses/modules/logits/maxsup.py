"""Suppression of the largest logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss, LossOutput, Term
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.logits.maxsup import MaxSupSettings


class MaxSup(ClassifierLoss):
    """See `MaxSupSettings`. Evaluation uses w_k · f."""

    def __init__(self, settings: MaxSupSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
        self.settings = settings

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return the terms ``cross_entropy`` and, where λ > 0, ``max_suppression``."""
        output = super().terms(features_BD, labels_B, step)
        weight = self.settings.weight_at(step)
        if weight == 0.0 and not self.settings.ramp_steps:
            return output
        # max_k z_k − mean_k z_k = (w_top − mean_k w_k)·f, made without another matrix of logits.
        top_BD = own_class(self.weight, output.prediction_B) - self.weight.mean(dim=0)
        above_B = torch.linalg.vecdot(top_BD, features_BD)
        terms = {**output.terms, "max_suppression": Term(above_B, weight)}
        return LossOutput(terms, output.prediction_B)
