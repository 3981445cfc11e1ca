"""Every incay form against its formula: paper A's (section 6.3), then siblings and opposites."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from incay_cases import Features, IncayCase, class_vectors, norm_of

from incay.trainables.incay import forms

torch.set_num_threads(1)


def squared(feature: Sequence[float]) -> float:
    return math.fsum(item * item for item in feature)


class TestReciprocal(IncayCase):
    form = "reciprocal"

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return 1 / (squared(feature) + epsilon)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [-2 * item / (squared(feature) + epsilon) ** 2 for item in feature]


class TestLog(IncayCase):
    form = "log"

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return -math.log(squared(feature) + epsilon)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [-2 * item / (squared(feature) + epsilon) for item in feature]


class TestLinear(IncayCase):
    form = "linear"

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return -squared(feature)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [-2 * item for item in feature]


class TestPower(IncayCase):
    form = "power"  # with its default, p = -1

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return 1 / math.sqrt(squared(feature) + epsilon)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [-item / (squared(feature) + epsilon) ** 1.5 for item in feature]


class TestSAFN(IncayCase):
    form = "safn"  # with its default, Δr = 1

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return -2 * norm_of(feature, epsilon)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [-2 * item / norm_of(feature, epsilon) for item in feature]


class TestHAFN(IncayCase):
    form = "hafn"  # with its default, R = 25
    lengthens = None

    def naive_batch(
        self, features: Features, counts: Sequence[bool], epsilon: float
    ) -> tuple[list[float], Features]:
        norms = [norm_of(feature, epsilon) for feature in features]
        counted = [norm for norm, counts_it in zip(norms, counts, strict=True) if counts_it]
        away = sum(counted) / max(1, len(counted)) - 25
        values = [away**2 * h for h in counts]
        # The sum of equal values is their number times one of them, whose mean is over as many.
        gradients = [
            [h * 2 * away * item / norm for item in feature]
            for feature, norm, h in zip(features, norms, counts, strict=True)
        ]
        return values, gradients


class TestRing(IncayCase):
    form = "ring"
    lengthens = None

    def naive_batch(
        self, features: Features, counts: Sequence[bool], epsilon: float
    ) -> tuple[list[float], Features]:
        norms = [norm_of(feature, epsilon) for feature in features]
        radius = sum(norms) / len(norms)  # where it begins: of all samples
        values = [h * (norm - radius) ** 2 / 2 for norm, h in zip(norms, counts, strict=True)]
        gradients = [
            [h * (norm - radius) * item / norm for item in feature]
            for feature, norm, h in zip(features, norms, counts, strict=True)
        ]
        return values, gradients


class TestMagFaceG(IncayCase):
    form = "magface-g"  # with its defaults, a in [10, 110]
    lengthens = None

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        a = min(max(norm_of(feature, epsilon), 10), 110)
        return a / 110**2 + 1 / a

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        a = norm_of(feature, epsilon)
        slope = 1 / 110**2 - 1 / a**2 if 10 < a < 110 else 0.0
        return [slope * item / a for item in feature]


class TestObjectosphere(IncayCase):
    form = "objectosphere"  # with its default, ξ = 50
    lengthens = None

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return max(0.0, 50 - norm_of(feature, epsilon)) ** 2

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        norm = norm_of(feature, epsilon)
        return [-2 * max(0.0, 50 - norm) * item / norm for item in feature]


class TestL2Activation(IncayCase):
    form = "l2-activation"
    lengthens = False

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return squared(feature) / len(feature)

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        return [2 * item / len(feature) for item in feature]


class TestLogitPenalty(IncayCase):
    form = "logit-penalty"
    lengthens = False

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        return squared(logits(feature)) / 2

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        vectors, z = class_vectors(len(feature)), logits(feature)
        return [
            math.fsum(z_k * w_k[d] for z_k, w_k in zip(z, vectors, strict=True))
            for d in range(len(feature))
        ]


def logits(feature: Sequence[float]) -> list[float]:
    return [
        math.fsum(w * item for w, item in zip(w_k, feature, strict=True))
        for w_k in class_vectors(len(feature))
    ]


def test_every_registered_form_has_a_case() -> None:
    tested = {case.form for case in IncayCase.cases}
    assert set(forms) - tested == set(), "add an IncayCase for these"
