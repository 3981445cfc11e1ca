"""Cases of losses that have much in common: cross entropy, cosines, gradients that stop."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import naive_losses as naive
from loss_cases import LossCase
from loss_checks import weight_of
from naive_losses import Matrix, Vector
from torch import Tensor

from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.modules.base import Loss


class CrossEntropyCase(LossCase):
    """A loss whose only term is the cross entropy of logits."""

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        logits = self.naive_logits(variant, loss, feature, weight)
        target = self.naive_target(variant, feature, weight[label], logits[label], step)
        changed = naive.with_target(logits, label, target)
        return {"cross_entropy": naive.cross_entropy(changed, label)}

    def naive_target(
        self, variant: Any, feature: Vector, row: Vector, logit: float, step: int
    ) -> float:
        """Return the target's logit; `row` is w_y and `logit` the plain one."""
        return logit


class CosineCase(CrossEntropyCase):
    """Logits s·cos θ."""

    refused: ClassVar[tuple[dict[str, Any], ...]] = ({"scale": 0.0}, {"scale": math.nan})

    def naive_scale(self, variant: Any, loss: Loss, classes: int) -> float:
        scale: float = variant.scale
        return scale

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        scale = self.naive_scale(variant, loss, len(weight))
        return [scale * cosine for cosine in naive.cosines(feature, weight)]


class StoppedCase(CosineCase):
    """A loss of cosines in which some numbers have no gradient.

    `held` says what these are at the features and weights as they lie; differences of the loop are
    taken with them as they were.
    """

    _at: list[Any] | None = None

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        """Return each sample's numbers without gradient."""
        raise NotImplementedError

    def naive_held(
        self,
        variant: Any,
        loss: Loss,
        feature: Vector,
        weight: Matrix,
        label: int,
        held: Any,
    ) -> dict[str, float]:
        """Return one sample's terms, weighted as in the objective."""
        raise NotImplementedError

    def _loop(
        self, variant: LossSettings, loss: Loss, features: Tensor, labels: Tensor, step: int
    ) -> list[dict[str, float]]:
        weight = weight_of(loss).tolist()
        samples, classes = features.tolist(), labels.tolist()
        held = self._at or self.held(variant, loss, samples, classes)
        return [
            self.naive_held(variant, loss, *each[:1], weight, *each[1:])
            for each in zip(samples, classes, held, strict=True)
        ]

    def _compare_gradient(
        self, variant: LossSettings, loss: Loss, features: Tensor, labels: Tensor, step: int
    ) -> None:
        self._at = self.held(variant, loss, features.tolist(), labels.tolist())
        try:
            super()._compare_gradient(variant, loss, features, labels, step)
        finally:
            self._at = None
