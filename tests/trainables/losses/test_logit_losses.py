"""Every loss of `incay.trainables.losses.logits` as its formula; label smoothing, too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import naive_losses as naive
import pytest
import torch
from loss_cases import STEPS, LossCase
from loss_checks import weight_of
from loss_kinds import CrossEntropyCase, StoppedCase
from naive_losses import Matrix, Vector
from torch import Tensor

from incay.trainables.losses.base import LossSettings
from incay.trainables.losses.logits.etf import ETFSettings
from incay.trainables.losses.logits.logitnorm import LogitNormSettings
from incay.trainables.losses.logits.maxsup import MaxSupSettings
from incay.trainables.losses.logits.temperature import TemperatureSoftmaxSettings
from incay.trainables.losses.modules.base import Loss
from incay.trainables.losses.softmax import SoftmaxSettings

torch.set_num_threads(1)


class TestTemperatureSoftmax(CrossEntropyCase):
    variants = (
        TemperatureSoftmaxSettings(),
        TemperatureSoftmaxSettings(temperature=0.2),
        TemperatureSoftmaxSettings(temperature=30.0),
    )
    refused = ({"temperature": 0.0}, {"temperature": math.inf})

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        return [z / variant.temperature for z in naive.inner_products(feature, weight)]


class TestLogitNorm(CrossEntropyCase):
    variants = (LogitNormSettings(), LogitNormSettings(temperature=0.5))
    refused = ({"temperature": 0.0}, {"temperature": -1.0})

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        logits = naive.inner_products(feature, weight)
        length = naive.norm(logits) + 1e-7
        scaled = [z / length / variant.temperature for z in logits]
        return {"cross_entropy": naive.cross_entropy(scaled, label)}

    def _compare_gradient(
        self, variant: LossSettings, loss: Loss, features: Tensor, labels: Tensor, step: int
    ) -> None:
        if features.shape[1] > 1:  # a single number turns over at 0, near which it may lie
            super()._compare_gradient(variant, loss, features, labels, step)

    def test_it_does_not_see_how_long_features_are(self) -> None:
        loss = LogitNormSettings().build(3, 4).double()
        features = torch.randn((5, 3), generator=torch.Generator().manual_seed(0)).double()
        labels = torch.tensor([0, 1, 2, 3, 0])
        short, long = (
            loss(scale * features, labels, 0).terms["cross_entropy"].value_B
            for scale in (1.0, 50.0)
        )
        torch.testing.assert_close(short, long, rtol=1e-5, atol=1e-5)


class TestMaxSup(LossCase):
    variants = (
        MaxSupSettings(),
        MaxSupSettings(suppression=0.0, last=0.5, ramp_steps=6),
        MaxSupSettings(suppression=0.0),
    )
    refused = ({"suppression": -0.1}, {"last": -0.1}, {"ramp_steps": -1})

    def naive_terms(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, step: int
    ) -> dict[str, float]:
        logits = naive.inner_products(feature, weight)
        terms = {"cross_entropy": naive.cross_entropy(logits, label)}
        factor = variant.suppression
        if variant.ramp_steps:
            factor += (variant.last - variant.suppression) * min(1.0, step / variant.ramp_steps)
        if factor or variant.ramp_steps:
            terms["max_suppression"] = factor * (max(logits) - math.fsum(logits) / len(logits))
        return terms

    def test_the_weight_rises_in_a_line(self) -> None:
        rising = MaxSupSettings(ramp_steps=90)
        found = [rising.weight_at(step) for step in (0, 45, 90, 1000)]
        assert found == pytest.approx([0.1, 0.15, 0.2, 0.2])
        assert MaxSupSettings().weight_at(1000) == 0.1


class TestETF(StoppedCase):
    variants = (
        ETFSettings(),
        ETFSettings(length=5.0),
        ETFSettings(objective="cross_entropy"),
    )
    refused = ({"objective": "hinge"}, {"length": 0.0})
    num_features = 4  # for five classes

    def naive_logits(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix
    ) -> list[float]:
        return naive.inner_products(feature, weight)

    def held(self, variant: Any, loss: Loss, given: list[Vector], labels: list[int]) -> list[Any]:
        if variant.length != "own":
            return [variant.length] * len(given)
        return [max(naive.norm(feature), 1e-8) for feature in given]

    def naive_held(
        self, variant: Any, loss: Loss, feature: Vector, weight: Matrix, label: int, held: float
    ) -> dict[str, float]:
        logits = naive.inner_products(feature, weight)
        if variant.objective == "cross_entropy":
            return {"cross_entropy": naive.cross_entropy(logits, label)}
        return {"dot_regression": 0.5 * (logits[label] - held) ** 2 / held}

    def fill_buffers(self, loss: Loss) -> None:
        """The frame stays what it is."""

    def _each(
        self, shape: tuple[int, int, int], seed: int
    ) -> Iterator[tuple[LossSettings, Loss, int]]:
        if shape[1] >= shape[2] - 1:
            yield from super()._each(shape, seed)

    @pytest.mark.parametrize(("features", "classes"), [(4, 5), (16, 10), (9, 10), (3, 2), (2, 1)])
    def test_it_is_a_simplex(self, features: int, classes: int) -> None:
        weight = weight_of(ETFSettings().build(features, classes)).double()
        expected = torch.full((classes, classes), -1.0 / max(classes - 1, 1), dtype=torch.float64)
        expected.fill_diagonal_(1.0 if classes > 1 else 0.0)
        torch.testing.assert_close(weight @ weight.T, expected, atol=1e-6, rtol=0.0)

    def test_it_is_turned_by_the_seed_and_never_trained(self) -> None:
        one, other = (ETFSettings().build(6, 4) for _ in range(2))
        assert not torch.equal(weight_of(one), weight_of(other))
        assert list(one.parameters()) == []
        assert list(one.state_dict()) == ["weight"]

    def test_too_few_features_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"network.dimension >= 9, .* must hold, but got 2"):
            ETFSettings().build(2, 10)


BASELINES = [
    MaxSupSettings(suppression=0.0),
    TemperatureSoftmaxSettings(temperature=1.0),
    SoftmaxSettings(smoothing=0.0),
]


@pytest.mark.parametrize("settings", BASELINES, ids=lambda each: each.name)
@pytest.mark.parametrize("step", STEPS)
def test_what_is_off_is_softmax_bit_for_bit(settings: LossSettings, step: int) -> None:
    features = torch.randn((7, 3), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3, 0, 1, 1])
    plain, ours = SoftmaxSettings().build(3, 4), settings.build(3, 4)
    ours.load_state_dict(plain.state_dict())
    found = []
    for loss in (plain, ours):
        given = features.clone().requires_grad_()
        terms = loss(given, labels, step).terms
        assert list(terms) == ["cross_entropy"]
        value = terms["cross_entropy"].value_B
        gradients = torch.autograd.grad(value.mean(), [given, weight_of(loss)])
        found.append((value, *gradients))
    assert all(map(torch.equal, *found))


def test_label_smoothing_is_its_formula() -> None:
    """Against (1 − ε)·1[k = y] + ε/K (Szegedy et al. 2016, section 7)."""
    loss = SoftmaxSettings(smoothing=0.1).build(3, 4).double()
    features = torch.randn((5, 3), generator=torch.Generator().manual_seed(0)).double()
    labels = [0, 1, 2, 3, 0]
    weight = weight_of(loss).tolist()
    expected = []
    for feature, label in zip(features.tolist(), labels, strict=True):
        logits = naive.inner_products(feature, weight)
        each = [naive.cross_entropy(logits, k) for k in range(4)]
        expected.append(0.9 * each[label] + 0.1 * math.fsum(each) / 4)
    found = loss(features, torch.tensor(labels), 0).terms["cross_entropy"].value_B
    torch.testing.assert_close(found.tolist(), expected)
