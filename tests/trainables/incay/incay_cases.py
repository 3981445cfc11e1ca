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
CLASSES = 4
Features = list[list[float]]


class IncayCase:
    """The tests of one form."""

    cases: ClassVar[list[type[IncayCase]]] = []
    form: ClassVar[str]
    lengthens: ClassVar[bool | None] = True
    """Whether the penalty falls with the norm, everywhere; False: it rises; None: neither."""

    def __init_subclass__(cls) -> None:
        IncayCase.cases.append(cls)

    def naive_penalty(self, feature: Sequence[float], epsilon: float) -> float:
        """Return what the form adds to the objective for one sample."""
        raise NotImplementedError

    def naive_gradient(self, feature: Sequence[float], epsilon: float) -> list[float]:
        """Return the penalty's gradient with respect to the feature."""
        raise NotImplementedError

    def naive_batch(
        self, features: Features, counts: Sequence[bool], epsilon: float
    ) -> tuple[list[float], Features]:
        """Return the penalty of each sample that counts, and the gradients of their sum.

        A form whose penalties depend on other samples writes this one.
        """
        values = [self.naive_penalty(feature, epsilon) for feature in features]
        gradients = [self.naive_gradient(feature, epsilon) for feature in features]
        for index, counted in enumerate(counts):
            if not counted:
                values[index], gradients[index] = 0.0, [0.0] * len(gradients[index])
        return values, gradients

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
        term = self._build(gate=gate, threshold=threshold)(features, correct, 0, scores)
        assert term is not None
        torch.autograd.backward(term.weight * term.value_B.mean())
        limit = math.inf if threshold == "none" else float(threshold)
        counts = [
            norm_of(feature) <= limit
            and {"all": True, "correct": right, "incorrect": not right}[gate]
            for feature, right in zip(features.tolist(), correct.tolist(), strict=True)
        ]
        values, gradients = self.naive_batch(features.tolist(), counts, EPSILON)
        expected = torch.tensor(values, dtype=torch.float64)
        torch.testing.assert_close(term.value_B, expected, rtol=1e-10, atol=1e-12)
        expected = torch.tensor(gradients, dtype=torch.float64).view_as(features)
        assert features.grad is not None
        torch.testing.assert_close(features.grad, 0.3 / count * expected, rtol=1e-9, atol=1e-12)

    @few
    @given(count=st.integers(1, 4), dimension=st.integers(1, 5), seed=st.integers(0, 2**31))
    def test_gradcheck(self, count: int, dimension: int, seed: int) -> None:
        incay = self._build()
        features, correct = batch(count, dimension, seed, 2.0)

        def value(features: Tensor) -> Tensor:
            term = incay(features, correct, 0, scores)
            assert isinstance(term, Term)
            return term.value_B

        assert torch.autograd.gradcheck(value, (features,))

    def test_what_a_longer_feature_costs(self) -> None:
        if self.lengthens is None:
            return
        norms = torch.linspace(0.0, 300.0, 1001, dtype=torch.float64)
        penalties = []
        for norm in norms:  # one by one: a batch's penalties may depend on each other
            term = self._build()(norm.view(1, 1), torch.ones(1, dtype=torch.bool), 0, scores)
            assert term is not None
            penalties.append(term.value_B)
        change = torch.cat(penalties).diff()
        assert ((change < 0) if self.lengthens else (change > 0)).all()

    def test_says_where_it_comes_from_and_what_to_search(self) -> None:
        form = forms[self.form]
        assert re.search(r"paper|\d{4}", form.citation)
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
        ).double()


def norm_of(feature: Sequence[float], epsilon: float = 0.0) -> float:
    """Return √(‖f‖² + ε)."""
    return math.sqrt(math.fsum(item * item for item in feature) + epsilon)


def class_vectors(dimension: int) -> list[list[float]]:
    """Return the w_k (K, D) of the logits that forms are given."""
    return [[math.sin(1.0 + 3 * k + d) for d in range(dimension)] for k in range(CLASSES)]


def scores(features: Tensor) -> Tensor:
    """Return plain logits (B, K)."""
    vectors = torch.tensor(class_vectors(features.shape[1]), dtype=features.dtype)
    return torch.nn.functional.linear(features, vectors)


def batch(count: int, dimension: int, seed: int, length: float) -> tuple[Tensor, Tensor]:
    """Return float64 features (B, D) of varied length and which samples are correct (B,)."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn((count, dimension), generator=generator, dtype=torch.float64) * length
    correct = torch.rand(count, generator=generator) < 0.5
    return features.requires_grad_(), correct
