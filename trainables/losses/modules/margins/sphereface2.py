"""One binary classification a class.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from incay.trainables.losses.modules.base import LossOutput, Term
from incay.trainables.losses.modules.normalized import NormalizedLoss, unit_class_scores, unit_rows
from incay.trainables.losses.modules.rowwise import row_loss

if TYPE_CHECKING:
    from incay.trainables.losses.margins.sphereface2 import SphereFace2Settings


class SphereFace2(NormalizedLoss):
    """See `SphereFace2Settings`. Evaluation uses r·g(cos θ): b, alike for all, ranks nothing."""

    def __init__(self, settings: SphereFace2Settings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes, scale=settings.scale)
        self.settings = settings
        self.offset = nn.Parameter(torch.tensor(first_offset(settings, num_classes)))

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``binary_cross_entropy``."""
        del step
        cosine_BK = unit_class_scores(unit_rows(features_BD), self.weight)
        prediction_B = cosine_BK.detach().argmax(dim=1)
        compute = partial(_compute, settings=self.settings)
        offset_B = self.offset.expand(len(labels_B))
        each_B = row_loss(compute, cosine_BK, offset_B, labels_B)
        return LossOutput({"binary_cross_entropy": Term(each_B)}, prediction_B)

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return r·g(cos θ_k) for every class."""
        cosine_BK = unit_class_scores(unit_rows(features_BD), self.weight)
        return _spread(cosine_BK, self.settings.exponent).mul_(self.settings.scale)


def first_offset(settings: SphereFace2Settings, num_classes: int) -> float:
    """Return b at which the gradients of targets and others balance, at right angles to all.

    With z = α/((1−α)(K−1)) and a = r(g(0) + m): log 2z − a − log(1 − z + √((1−z)² + 4z·e^(−2rm))),
    as in the authors' code.
    """
    ratio = settings.balance / ((1.0 - settings.balance) * max(num_classes - 1, 1))
    middle = 2.0 * math.pow(0.5, settings.exponent) - 1.0
    above = settings.scale * (middle + settings.margin)
    apart = -2.0 * settings.scale * settings.margin
    root = max(math.hypot(1.0 - ratio, 2.0 * math.sqrt(ratio) * math.exp(apart / 2.0)), 1e-300)
    if ratio <= 1.0:
        last = math.log(1.0 - ratio + root)
    else:  # the difference 1 − z + √… would lose its digits: from the other root it does not
        last = math.log(4.0 * ratio) + apart - math.log(ratio - 1.0 + root)
    return math.log(2.0 * ratio) - above - last


def _spread(cosine_BK: Tensor, exponent: float) -> Tensor:
    """Return g(cos θ) in a matrix of its own."""
    half_BK = cosine_BK.add(1.0).div_(2.0).clamp_min_(0.0)
    return half_BK.pow_(exponent).mul_(2.0).sub_(1.0)


def _compute(
    cosine_BK: Tensor, offset_B: Tensor, labels_B: Tensor, *, settings: SphereFace2Settings
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss, and its gradients by cosines and by b.

    Args:
        cosine_BK: cos θ.
        offset_B: b.
        labels_B: The targets.
        settings: All constants.
    """
    row_B = torch.arange(len(labels_B), device=labels_B.device)
    scale, margin, balance = settings.scale, settings.margin, settings.balance
    weight = settings.loss_weight / scale
    logit_BK = _spread(cosine_BK, settings.exponent).add_(margin).mul_(scale)
    logit_BK.add_(offset_B.unsqueeze(1))
    own_B = logit_BK[row_B, labels_B] - 2.0 * scale * margin
    # Of the others alone: what is −∞ has neither loss nor gradient.
    logit_BK[row_B, labels_B] = torch.full_like(own_B, -torch.inf)
    loss_B = balance * F.softplus(-own_B) + (1.0 - balance) * F.softplus(logit_BK).sum(dim=1)
    gradient_BK = logit_BK.sigmoid_().mul_(1.0 - balance)
    own_gradient_B = -balance * torch.sigmoid(-own_B)
    gradient_BK[row_B, labels_B] = own_gradient_B
    by_offset_B = weight * gradient_BK.sum(dim=1)
    gradient_BK.mul_(weight * scale)
    if settings.gradient == "exact":
        half_BK = cosine_BK.add(1.0).div_(2.0).clamp_min_(0.0)
        exponent = settings.exponent
        gradient_BK.mul_(half_BK.pow_(exponent - 1.0).mul_(exponent))
    return weight * loss_B, gradient_BK, by_offset_B
