"""MagFace's margin and its term of the norm.

Shape suffixes: B batch, D feature dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.angle import sine_beside
from incay.trainables.losses.modules.base import LossOutput, Term
from incay.trainables.losses.modules.normalized import NormalizedLoss
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.margins.magface import MagFaceSettings


class MagFace(NormalizedLoss):
    """See `MagFaceSettings`. Evaluation uses s·cos θ."""

    def __init__(self, settings: MagFaceSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return the terms ``cross_entropy`` and, where λ_g > 0, ``magnitude``, which is g(a)."""
        output = super().terms(features_BD, labels_B, step)
        weight = self.settings.norm_weight
        if weight == 0.0:
            return output
        norm_B = self._clamped_norm(features_BD)
        magnitude_B = norm_B / self.settings.upper**2 + 1.0 / norm_B
        terms = {**output.terms, "magnitude": Term(magnitude_B, weight)}
        return LossOutput(terms, output.prediction_B)

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return s·cos(θ_y + m(a)), or what stands for it at large angles."""
        del step
        settings = self.settings
        cosine_B = (target_B / settings.scale).clamp(-1.0, 1.0)
        sine_B = sine_beside(cosine_B, features_BD, own_class(self.weight, labels_B))
        slope = (settings.upper_margin - settings.lower_margin) / (settings.upper - settings.lower)
        above_B = self._clamped_norm(features_BD) - settings.lower
        margin_B = settings.lower_margin + slope * above_B
        within_B = cosine_B * margin_B.cos() - sine_B * margin_B.sin()
        if settings.easy:
            changed_B = torch.where(cosine_B > 0.0, within_B, cosine_B)
        else:
            beyond_B = cosine_B - margin_B * margin_B.sin()
            changed_B = torch.where(cosine_B > -margin_B.cos(), within_B, beyond_B)
        return settings.scale * changed_B

    def _clamped_norm(self, features_BD: Tensor) -> Tensor:
        norm_B: Tensor = torch.linalg.vector_norm(features_BD, dim=1)
        return norm_B.clamp(self.settings.lower, self.settings.upper)
