"""Center loss: softmax plus the distance of each feature to its class's centre."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import ClassifierLoss, Loss, LossOutput, LossSettings, Term
from incay.trainables.settings import require, require_finite


@register_loss("center")
@dataclass(frozen=True, kw_only=True)
class CenterSettings(LossSettings):
    """Softmax + (λ_c/2)·mean‖f − c_y‖² (Wen et al., ECCV 2016, eq. 2 and 5).

    Centres start at 0 and follow their own rule, not the optimiser's (eq. 4):
    c_j ← c_j − α · Σ_{y_i=j}(c_j − f_i) / (1 + n_j).

    Attributes:
        center_weight: λ_c. 0.003 is the value that Wen et al. use.
        center_rate: α. 0.5 is the value that Wen et al. use.
    """

    center_weight: float = 0.003
    center_rate: float = 0.5

    citation = "Wen et al., A Discriminative Feature Learning Approach, ECCV 2016; paper A, sec. 2"
    search_space = {"center_weight": "log 1e-5 .. 1e-1"}

    def __post_init__(self) -> None:
        require_finite("center_weight", self.center_weight)
        require(0.0 <= self.center_rate <= 1.0, "0 <= center_rate <= 1", self.center_rate)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        return CenterLoss(self, num_features, num_classes)


class CenterLoss(ClassifierLoss):
    """See `CenterSettings`."""

    center_KD: Tensor

    def __init__(self, settings: CenterSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
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
