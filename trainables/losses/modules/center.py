"""Softmax with class centres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss, LossOutput, Term

if TYPE_CHECKING:
    from incay.trainables.losses.center import CenterSettings


class CenterLoss(ClassifierLoss):
    """See `CenterSettings`."""

    center_KD: Tensor

    def __init__(self, settings: CenterSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, settings.smoothing)
        self.settings = settings
        self.register_buffer("center_KD", torch.zeros(num_classes, num_features))

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return the terms ``cross_entropy`` and ``center`` (½‖f − c_y‖²)."""
        output = super().terms(features_BD, labels_B, step)
        offset_BD = features_BD - self.center_KD[labels_B]
        distance_B = 0.5 * offset_BD.square().sum(dim=1)
        terms = {**output.terms, "center": Term(distance_B, self.settings.center_weight)}
        return LossOutput(terms, output.prediction_B)

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Move each class's centre towards the mean of its features in the batch."""
        pull_BD = self.center_KD[labels_B] - features_BD.to(self.center_KD.dtype)
        # Not bincount: it waits for a GPU, and cannot count for several trials at once.
        one_B = torch.ones_like(pull_BD[:, 0])
        count_K = one_B.new_zeros(len(self.center_KD)).index_add(0, labels_B, one_B)
        share_B = self.settings.center_rate / (1.0 + count_K[labels_B])
        self.center_KD.index_add_(0, labels_B, pull_BD * share_B.unsqueeze(1), alpha=-1.0)
