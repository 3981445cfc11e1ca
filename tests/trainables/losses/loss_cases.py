"""What every loss must pass. A subclass names the settings and writes the naive formula.

`LossCase.cases` collects every subclass, so that a registered loss without one can be found.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from loss_checks import ends, weight_of
from naive_losses import Matrix, Vector, inner_products
from torch import Tensor

from incay.testing import check_loss
from incay.trainables.conformance.losses import (
    batch,
    claim_finite_at,
    claim_gradients,
    objective,
    stops_gradient,
)
from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.modules.base import Loss

TOLERANCE = {torch.float64: (1e-10, 1e-10), torch.float32: (1e-4, 2e-5)}
"""Relative and absolute, by dtype."""
STEPS = (0, 3, 20_000)
"""Early, soon after and at the end of annealing."""

few = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    # One method serves every loss on purpose.
    suppress_health_check=[HealthCheck.differing_executors],
)
shapes = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 5))  # B, D, K
seeds = st.integers(0, 2**31)
lengths = st.sampled_from([0.1, 1.0, 20.0])


def anywhere(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test for random shapes, a single sample and a single class among them."""
    test = example(shape=(1, 3, 4), seed=1, length=1.0)(test)
    test = example(shape=(3, 2, 1), seed=2, length=1.0)(test)
    return few(given(shape=shapes, seed=seeds, length=lengths)(test))


class LossCase:
    """The tests of one loss, for each of its `variants`."""

    cases: ClassVar[list[type[LossCase]]] = []
    variants: ClassVar[tuple[LossSettings, ...]]
    refused: ClassVar[tuple[dict[str, Any], ...]] = ()
    """Settings out of range."""
    num_features: ClassVar[int] = 3
    rough_at_zero_angle: ClassVar[bool] = False
    """Whether the formula has no derivative where feature and class vector are parallel."""

    def __init_subclass__(cls) -> None:
        LossCase.cases.append(cls)

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        """Return one sample's terms, weighted as in the objective."""
        raise NotImplementedError

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        """Return one sample's plain logits."""
        return inner_products(feature, weight)

    def fill_buffers(self, loss: Loss) -> None:
        """Give buffers numbers that they may have during training."""
        for buffer in loss.buffers():
            buffer.copy_(torch.randn_like(buffer))

    # What follows holds for every loss.

    def test_keeps_what_every_loss_must_keep(self) -> None:
        for variant in self.variants:
            alone = check_loss(variant, num_features=self.num_features)
            assert alone == "", "it must be able to train in a stack"

    @anywhere
    def test_forward_equals_the_loop(
        self, shape: tuple[int, int, int], seed: int, length: float
    ) -> None:
        for variant, loss, step in self._each(shape, seed):
            features, labels = batch(shape, seed, length)
            self._compare(variant, loss, features, labels, step, torch.float64)
            self._compare(variant, loss.float(), features, labels, step, torch.float32)

    @anywhere
    def test_gradient_equals_the_loop(
        self, shape: tuple[int, int, int], seed: int, length: float
    ) -> None:
        for variant, loss, step in self._each(shape, seed):
            features, labels = batch(shape, seed, length)
            if self.rough_at_zero_angle and shape[1] == 1:
                continue
            self._compare_gradient(variant, loss, features, labels, step)

    @anywhere
    def test_gradcheck(self, shape: tuple[int, int, int], seed: int, length: float) -> None:
        for variant, loss, step in self._each(shape, seed):
            features, labels = batch(shape, seed, length)
            if not stops_gradient(variant):
                claim_gradients(variant.name, loss, features, labels, step)

    @pytest.mark.parametrize("sign", [1.0, -1.0], ids=["angle 0", "angle pi"])
    def test_at_the_ends_of_the_angle(self, sign: float) -> None:
        for variant, loss, step in self._each((4, 3, 5), seed=3):
            labels = torch.tensor([0, 2, 4, 1])
            lengths_B1 = torch.tensor([[0.01], [1.0], [3.0], [40.0]], dtype=torch.float64)
            direction = torch.nn.functional.normalize(weight_of(loss)[labels], dim=1)
            features = sign * lengths_B1 * direction
            if not (self.rough_at_zero_angle and sign > 0) and not stops_gradient(variant):
                claim_gradients(variant.name, loss, features, labels, step)
            self._compare(variant, loss, features, labels, step, torch.float64)
            self._compare(variant, loss.float(), features, labels, step, torch.float32)

    @pytest.mark.parametrize("length", [0.0, 1e-30, 1e-24, 1e-15, 1e-12, 1e-9, 1e-4])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_short_features(self, length: float, dtype: torch.dtype) -> None:
        for variant, loss, step in self._each((4, 3, 5), seed=4):
            features, labels = batch((4, 3, 5), 4, 1.0)
            features = length * torch.nn.functional.normalize(features, dim=1)
            features[0] = 1.0  # among others, too
            # Whether the norm is above the shortest that has a direction is decided in float32.
            if length != 1e-12:
                self._compare(variant, loss.to(dtype), features, labels, step, dtype)
            claim_finite_at(variant.name, loss.to(dtype), features.to(dtype), labels, step)

    def test_zero_weights(self) -> None:
        for variant, loss, step in self._each((4, 3, 5), seed=6):
            weight_of(loss).data[:3] = 0.0
            features, labels = batch((4, 3, 5), 6, 1.0)
            claim_finite_at(variant.name, loss.float(), features.float(), labels, step)

    @anywhere
    def test_logits_and_prediction_are_plain(
        self, shape: tuple[int, int, int], seed: int, length: float
    ) -> None:
        for variant, loss, step in self._each(shape, seed):
            features, labels = batch(shape, seed, length)
            logits = loss.logits(features)
            weight = weight_of(loss).tolist()
            expected = [self.naive_logits(variant, loss, f, weight) for f in features.tolist()]
            torch.testing.assert_close(logits.tolist(), expected, rtol=1e-10, atol=1e-10)
            prediction = loss(features, labels, step).prediction_B
            assert prediction.tolist() == logits.argmax(dim=1).tolist()
            assert prediction.tolist() == [row.index(max(row)) for row in logits.tolist()]

    def test_gradient_descent_lowers_it(self) -> None:
        for _, loss, _ in self._each((6, 3, 4), seed=9):
            features, labels = batch((6, 3, 4), 9, 1.0)
            features.requires_grad_()
            optimizer = torch.optim.SGD([features, *loss.parameters()], lr=0.005)
            values = []
            for _ in range(30):
                value = objective(loss(features, labels, 50_000).terms)
                values.append(value.item())
                optimizer.zero_grad()
                torch.autograd.backward(value)
                optimizer.step()
                loss.after_step(features.detach(), labels)
            assert values[-1] < values[0]

    def test_says_where_it_comes_from(self) -> None:
        for variant in self.variants:
            assert re.search(r"\d{4}|paper [AB]", variant.citation)

    def test_search_space_holds_values_that_are_accepted(self) -> None:
        variant = self.variants[0]
        for name, space in variant.search_space.items():
            for value in ends(space):
                dataclasses.replace(variant, **{name: value})

    def test_refuses_what_is_out_of_range(self) -> None:
        for values in self.refused:
            (name,) = values
            with pytest.raises(ValueError, match=f"{name}.*must hold, but got"):
                dataclasses.replace(self.variants[0], **values)

    def _each(
        self, shape: tuple[int, int, int], seed: int
    ) -> Iterator[tuple[LossSettings, Loss, int]]:
        for number, variant in enumerate(self.variants):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                loss = variant.build(shape[1], shape[2]).double()
                self.fill_buffers(loss)
            yield variant, loss, STEPS[(seed + number) % len(STEPS)]

    def _loop(
        self, variant: LossSettings, loss: Loss, features: Tensor, labels: Tensor, step: int
    ) -> list[dict[str, float]]:
        weight = weight_of(loss).tolist()
        return [
            self.naive_terms(variant, loss, feature, weight, label, step)
            for feature, label in zip(features.tolist(), labels.tolist(), strict=True)
        ]

    def _compare(
        self,
        variant: LossSettings,
        loss: Loss,
        features: Tensor,
        labels: Tensor,
        step: int,
        dtype: torch.dtype,
    ) -> None:
        features = features.to(dtype)
        terms = loss(features, labels, step).terms
        loop = self._loop(variant, loss, features, labels, step)
        assert terms.keys() == loop[0].keys()
        rtol, atol = TOLERANCE[dtype]
        for name, term in terms.items():
            expected = torch.tensor([sample[name] for sample in loop], dtype=dtype)
            torch.testing.assert_close(term.weight * term.value_B, expected, rtol=rtol, atol=atol)

    def _compare_gradient(
        self, variant: LossSettings, loss: Loss, features: Tensor, labels: Tensor, step: int
    ) -> None:
        """Compare with central differences of the loop, for features and weights."""
        weight = weight_of(loss)
        features.requires_grad_()
        torch.autograd.backward(objective(loss(features, labels, step).terms))
        for tensor in (features, weight) if weight.requires_grad else (features,):
            assert tensor.grad is not None
            flat = tensor.data.view(-1)
            expected = torch.empty_like(flat)
            for index in range(len(flat)):
                sides = []
                for shift in (1e-5, -1e-5):
                    old = flat[index].item()
                    flat[index] = old + shift
                    loop = self._loop(variant, loss, features.detach(), labels, step)
                    sides.append(math.fsum(value for s in loop for value in s.values()))
                    flat[index] = old
                expected[index] = (sides[0] - sides[1]) / 2e-5 / len(labels)
            torch.testing.assert_close(tensor.grad.view(-1), expected, rtol=1e-4, atol=1e-6)
