"""ArcFace's margin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.normalized import NormalizedLoss, unit_rows
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
        """Return s·cos(θ_y + m), or its continuation beyond θ_y = π − m."""
        del step
        margin, scale = self.settings.margin, self.settings.scale
        cosine_B = (target_B / scale).clamp(-1.0, 1.0)
        sine_B = self._sine(cosine_B, features_BD, labels_B)
        within_B = cosine_B * math.cos(margin) - sine_B * math.sin(margin)
        beyond_B = cosine_B - margin * math.sin(margin)
        return scale * torch.where(cosine_B > -math.cos(margin), within_B, beyond_B)

    def _sine(self, cosine_B: Tensor, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return sin θ_y as the length of what f/‖f‖ has beside w_y.

        √(1 − cos²θ) would lose half of its digits near θ = 0 and have an infinite derivative
        there.
        """
        direction_BD = unit_rows(features_BD)
        class_BD = unit_rows(own_class(self.weight, labels_B))
        sine_B = torch.linalg.vector_norm(direction_BD - cosine_B.unsqueeze(1) * class_BD, dim=1)
        # A feature without direction has cos θ = 0 to every class, hence sin θ = 1.
        return torch.where(direction_BD.any(dim=1), sine_B, torch.ones_like(sine_B))
