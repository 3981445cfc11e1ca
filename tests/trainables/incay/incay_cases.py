"""What every incay form must pass. A subclass names the form and writes the naive formula."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import ClassVar

import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from incay.testing import check_form
from incay.trainables.incay import forms
from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses.modules.base import Term

few = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    # One method serves every form on purpose.
    suppress_health_check=[HealthCheck.differing_executors],
)
EPSILON = 1e-3


class IncayCase:
    """The tests of one form."""

    cases: ClassVar[list[type[IncayCase]]] = []
    form: ClassVar[str]

    def __init_subclass__(cls) -> None:
        IncayCase.cases.append(cls)

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        """Return what the form adds to the objective for one sample."""
        raise NotImplementedError

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        """Return the penalty's gradient with respect to the feature."""
        raise NotImplementedError

    def test_keeps_what_every_form_must_keep(self) -> None:
        assert check_form(forms[self.form]) == "", "it must be able to train in a stack"

    @few
    @given(
        count=st.integers(1, 5),
        dimension=st.integers(1, 6),
        seed=st.integers(0, 2**31),
        length=st.sampled_from([0.0, 1e-3, 1.0, 300.0]),
        gate=st.sampled_from(["all", "correct", "incorrect"]),
        threshold=st.sampled_from(["none", 1.5, 400.0]),
    )
    @example(count=1, dimension=1, seed=0, length=0.0, gate="all", threshold="none")
    def test_equals_the_loop(
        self,
        count: int,
        dimension: int,
        seed: int,
        length: float,
        gate: str,
        threshold: float | str,
    ) -> None:
        """Forward and gradient of the weighted mean over the batch."""
        features, correct = batch(count, dimension, seed, length)
        term = self._build(gate=gate, threshold=threshold)(features, correct, 0)
        assert term is not None
        torch.autograd.backward(term.weight * term.value_B.mean())
        limit = math.inf if threshold == "none" else float(threshold)
        values, gradients = [], []
        for feature, right in zip(features.tolist(), correct.tolist(), strict=True):
            norm = math.sqrt(math.fsum(item * item for item in feature))
            h = float({"all": True, "correct": right, "incorrect": not right}[gate])
            h *= float(norm <= limit)
            values.append(h * self.naive_penalty(feature, EPSILON))
            scale = 0.3 * h / count
            gradients.append([scale * item for item in self.naive_gradient(feature, EPSILON)])
        expected = torch.tensor(values, dtype=torch.float64)
        torch.testing.assert_close(term.value_B, expected, rtol=1e-10, atol=1e-12)
        expected = torch.tensor(gradients, dtype=torch.float64).view_as(features)
        assert features.grad is not None
        torch.testing.assert_close(features.grad, expected, rtol=1e-10, atol=1e-12)

    @few
    @given(count=st.integers(1, 4), dimension=st.integers(1, 5), seed=st.integers(0, 2**31))
    def test_gradcheck(self, count: int, dimension: int, seed: int) -> None:
        incay = self._build()
        features, correct = batch(count, dimension, seed, 2.0)

        def value(features: Tensor) -> Tensor:
            term = incay(features, correct, 0)
            assert isinstance(term, Term)
            return term.value_B

        assert torch.autograd.gradcheck(value, (features,))

    def test_a_longer_feature_costs_less(self) -> None:
        squared = torch.linspace(0.0, 1e5, 1001, dtype=torch.float64)
        assert (forms[self.form].penalty(squared, 1e-6).diff() < 0).all()

    def test_says_where_it_comes_from_and_what_to_search(self) -> None:
        form = forms[self.form]
        assert "paper" in form.citation
        match = re.fullmatch(r"log (\S+) \.\. (\S+)", form.search_space["weight"])
        assert match is not None
        for weight in match.groups():
            IncaySettings(form=self.form, weight=float(weight))

    def _build(self, *, gate: str = "all", threshold: float | str = "none") -> Incay:
        return Incay(
            IncaySettings(
                form=self.form,
                weight=0.3,
                gate=gate,  # type: ignore[arg-type]
                threshold=threshold,
                epsilon=EPSILON,
            )
        )


def batch(count: int, dimension: int, seed: int, length: float) -> tuple[Tensor, Tensor]:
    """Return float64 features (B, D) of varied length and which samples are correct (B,)."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn((count, dimension), generator=generator, dtype=torch.float64) * length
    correct = torch.rand(count, generator=generator) < 0.5
    return features.requires_grad_(), correct
