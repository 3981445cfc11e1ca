"""CosFace's margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from incay.trainables.losses.modules.normalized import NormalizedLoss

if TYPE_CHECKING:
    from incay.trainables.losses.cosface import CosFaceSettings


class CosFace(NormalizedLoss):
    """See `CosFaceSettings`. Evaluation uses s·cos θ."""

    def __init__(self, settings: CosFaceSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.lowered_by = settings.scale * settings.margin

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return s·cos θ_y − s·m."""
        del features_BD, labels_B, step
        return target_B - self.lowered_by
