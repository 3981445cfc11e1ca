"""CurricularFace's margin and its modulation of hard classes.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.angle import sine_beside
from incay.trainables.losses.modules.base import LossOutput, Term
from incay.trainables.losses.modules.normalized import NormalizedLoss, unit_rows
from incay.trainables.losses.modules.rowwise import row_loss, softmax_
from incay.trainables.losses.modules.target import own_class

if TYPE_CHECKING:
    from incay.trainables.losses.margins.curricularface import CurricularFaceSettings


class CurricularFace(NormalizedLoss):
    """See `CurricularFaceSettings`. Evaluation uses s·cos θ.

    The batch's cosines are those of before the optimiser's step, while t is kept after it: until
    then their sum waits in buffers, to which parts of a batch add up.
    """

    progress: Tensor
    _sum: Tensor
    _count: Tensor

    def __init__(
        self, settings: CurricularFaceSettings, num_features: int, num_classes: int
    ) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings
        self.register_buffer("progress", torch.tensor(0.0))
        for name in ("_sum", "_count"):
            self.register_buffer(name, torch.tensor(0.0), persistent=False)

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``cross_entropy``."""
        del step
        scale, margin = self.settings.scale, self.settings.margin
        logits_BK = self.scores(features_BD)
        prediction_B = logits_BK.detach().argmax(dim=1)
        # The target's cosine by itself: to index the logits has a gradient of their size.
        cosine_B = self._own_cosine(features_BD, labels_B)
        sine_B = sine_beside(cosine_B, features_BD, own_class(self.weight, labels_B))
        within_B = cosine_B * math.cos(margin) - sine_B * math.sin(margin)
        beyond_B = cosine_B - margin * math.sin(margin)
        target_B = scale * torch.where(cosine_B > -math.cos(margin), within_B, beyond_B)
        progress = self._taken_in(cosine_B.detach())
        compute = partial(_compute, scale=scale)
        threshold_B = scale * within_B.detach()
        each_B = row_loss(compute, logits_BK, target_B, threshold_B, progress, labels_B)
        return LossOutput({"cross_entropy": Term(each_B)}, prediction_B)

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Keep t with the whole batch taken in."""
        del features_BD, labels_B
        mean = self._sum / self._count.clamp_min(1.0)
        kept = self._blended(mean)
        self.progress.copy_(torch.where(self._count > 0.0, kept, self.progress))
        for waiting in (self._sum, self._count):
            waiting.zero_()

    def _own_cosine(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        direction_BD, class_BD = unit_rows(features_BD), unit_rows(own_class(self.weight, labels_B))
        cosine_B: Tensor = torch.linalg.vecdot(direction_BD, class_BD)
        return cosine_B.clamp(-1.0, 1.0)

    @torch.no_grad()
    def _taken_in(self, cosine_B: Tensor) -> Tensor:
        """Add a batch, or a part of one, to what waits; return t with it taken in."""
        self._sum.add_(cosine_B.sum())
        self._count.add_(len(cosine_B))
        return self._blended(cosine_B.mean())

    def _blended(self, mean: Tensor) -> Tensor:
        rate = self.settings.rate
        return rate * mean + (1.0 - rate) * self.progress


def _compute(
    logits_BK: Tensor,
    target_B: Tensor,
    threshold_B: Tensor,
    progress: Tensor,
    labels_B: Tensor,
    *,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the cross entropy, and its gradients by logits and targets.

    Args:
        logits_BK: s·cos θ.
        target_B: What takes the targets' place.
        threshold_B: s·cos(θ_y + m).
        progress: t.
        labels_B: The targets.
        scale: s.
    """
    row_B = torch.arange(len(labels_B), device=labels_B.device)
    easy_BK = logits_BK <= threshold_B.unsqueeze(1)
    factor_BK = (logits_BK / scale).add_(progress).masked_fill_(easy_BK, 1.0)
    changed_BK = logits_BK * factor_BK
    changed_BK[row_B, labels_B] = target_B
    loss_B = softmax_(changed_BK) - target_B
    by_target_B = changed_BK[row_B, labels_B] - 1.0
    # The derivative of s·cos θ(t + cos θ) by s·cos θ is t + 2 cos θ.
    slope_BK = factor_BK.mul_(2.0).sub_(progress).masked_fill_(easy_BK, 1.0)
    changed_BK.mul_(slope_BK)
    changed_BK[row_B, labels_B] = torch.zeros_like(target_B)
    return loss_B, changed_BK, by_target_B
