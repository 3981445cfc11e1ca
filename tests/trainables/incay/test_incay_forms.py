"""Every incay form against its formula (paper A, section 6.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from incay_cases import IncayCase

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


def test_every_registered_form_has_a_case() -> None:
    tested = {case.form for case in IncayCase.cases}
    assert set(forms) - tested == set(), "add an IncayCase for these"
