"""AdaFace's margin and the running statistics of norms that it goes by.

Shape suffixes: B batch, D feature dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.angle import sine_beside
from incay.trainables.losses.modules.normalized import NormalizedLoss
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.margins.adaface import AdaFaceSettings

NORMS = (1e-3, 100.0)
"""Between these norms are told apart (the authors' code)."""
FIRST_MEAN, FIRST_DEVIATION = 20.0, 100.0
"""Where the running statistics begin (the authors' code)."""
EPSILON = 1e-3
"""What is added to σ."""


class AdaFace(NormalizedLoss):
    """See `AdaFaceSettings`. Evaluation uses s·cos θ."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, settings: AdaFaceSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings
        self.register_buffer("mean", torch.tensor(FIRST_MEAN))
        self.register_buffer("deviation", torch.tensor(FIRST_DEVIATION))

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return s·(cos(θ_y − m·ẑ) − m − m·ẑ)."""
        del step
        scale, margin = self.settings.scale, self.settings.margin
        cosine_B = (target_B / scale).clamp(-1.0, 1.0)
        sine_B = sine_beside(cosine_B, features_BD, own_class(self.weight, labels_B))
        quality_B = self.quality(features_BD)
        turn_B = -margin * quality_B
        turned_B = cosine_B * turn_B.cos() - sine_B * turn_B.sin()
        # Beyond the ends the angle stays there, so that the cosine never turns back.
        below_B = (turn_B < 0.0) & (cosine_B > turn_B.cos())
        above_B = (turn_B > 0.0) & (cosine_B < -turn_B.cos())
        turned_B = torch.where(below_B, 1.0, torch.where(above_B, -1.0, turned_B))
        return scale * (turned_B - margin - margin * quality_B)

    @torch.no_grad()
    def quality(self, features_BD: Tensor) -> Tensor:
        """Return ẑ of each sample, by statistics that have taken in this batch."""
        norm_B = self._norms(features_BD)
        mean, deviation = self._blended(norm_B)
        scaled_B = self.settings.concentration * (norm_B - mean) / (deviation + EPSILON)
        return scaled_B.clamp(-1.0, 1.0)

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Keep the statistics with the whole batch taken in."""
        del labels_B
        mean, deviation = self._blended(self._norms(features_BD.to(self.mean.dtype)))
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def _norms(self, features_BD: Tensor) -> Tensor:
        norm_B: Tensor = torch.linalg.vector_norm(features_BD, dim=1)
        return norm_B.clamp(*NORMS)

    def _blended(self, norm_B: Tensor) -> tuple[Tensor, Tensor]:
        rate = self.settings.rate
        mean = rate * norm_B.mean() + (1.0 - rate) * self.mean
        if len(norm_B) < 2:  # one number has no deviation
            return mean, self.deviation
        return mean, rate * norm_B.std() + (1.0 - rate) * self.deviation
