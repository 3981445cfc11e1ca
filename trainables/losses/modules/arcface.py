"""ArcFace's margin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.angle import sine_beside, with_gradient_of
from incay.trainables.losses.modules.normalized import NormalizedLoss
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.arcface import ArcFaceSettings


class ArcFace(NormalizedLoss):
    """See `ArcFaceSettings`. Evaluation uses s·cos θ."""

    def __init__(self, settings: ArcFaceSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return s·cos(θ_y + m), or its continuation beyond θ_y = π − m.

        Straight-through it needs none: its gradient, that of s·cos θ_y, turns nowhere.
        """
        del step
        margin, scale = self.settings.margin, self.settings.scale
        cosine_B = (target_B / scale).clamp(-1.0, 1.0)
        sine_B = sine_beside(cosine_B, features_BD, self.own_vectors(features_BD, labels_B))
        within_B = cosine_B * math.cos(margin) - sine_B * math.sin(margin)
        if self.settings.gradient == "straight_through":
            return with_gradient_of(target_B, scale * within_B)
        beyond_B = cosine_B - margin * math.sin(margin)
        return scale * torch.where(cosine_B > -math.cos(margin), within_B, beyond_B)

    def own_vectors(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return each sample's own class vector w_y: (B, D)."""
        del features_BD
        return own_class(self.weight, labels_B)
