"""What sets incay's siblings and opposites apart: other samples, logits, and what is learned."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from incay_cases import batch
from torch import Tensor, nn

from incay.trainables.incay.modules.term import Incay
from incay.trainables.incay.settings import IncaySettings

torch.set_num_threads(1)
NEW = ("hafn", "safn", "ring", "magface-g", "objectosphere", "l2-activation", "logit-penalty")
RING = IncaySettings(form="ring", weight=0.05, gate="correct", threshold="3 x mean")


def gradient(settings: IncaySettings, features: Tensor, correct: Tensor) -> Tensor:
    term = Incay(settings)(features, correct, 0, lambda each: each)
    assert term is not None
    (found,) = torch.autograd.grad(term.weight * term.value_B.mean(), features)
    return found


def test_safn_has_the_gradient_of_the_authors_square_and_is_a_power() -> None:
    """λ·mean((‖f‖ − sg(‖f‖ + Δr))²), as they write it."""
    features, correct = batch(5, 3, 0, 2.0)
    delta = 0.3
    found = gradient(
        IncaySettings(form="safn", weight=0.7, settings={"delta": delta}), features, correct
    )
    norm = (features.square().sum(dim=1) + 1e-6).sqrt()
    theirs = 0.7 * (norm - (norm.detach() + delta)).square().mean()
    (expected,) = torch.autograd.grad(theirs, features)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)
    power = IncaySettings(form="power", weight=2 * 0.7 * delta, settings={"exponent": 1.0})
    torch.testing.assert_close(found, gradient(power, features, correct), rtol=1e-12, atol=0.0)


def test_hafn_is_the_authors_square_of_the_mean() -> None:
    features, correct = batch(6, 3, 1, 4.0)
    found = gradient(IncaySettings(form="hafn", weight=0.05), features, correct)
    theirs = 0.05 * ((features.square().sum(dim=1) + 1e-6).sqrt().mean() - 25.0) ** 2
    (expected,) = torch.autograd.grad(theirs, features)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0.0)


def test_hafns_mean_is_of_the_samples_that_count() -> None:
    features = torch.tensor([[3.0, 4.0], [30.0, 40.0]], dtype=torch.float64)
    incay = Incay(IncaySettings(form="hafn", weight=1.0, gate="correct", settings={"radius": 7.0}))
    term = incay(features, torch.tensor([True, False]), 0)
    assert term is not None
    torch.testing.assert_close(term.value_B.tolist(), [4.0, 0.0], rtol=1e-6, atol=0.0)
    term = incay(features, torch.tensor([False, False]), 0)
    assert term is not None
    assert term.value_B.tolist() == [0.0, 0.0]


def test_the_logit_penaltys_gradient_of_the_classifier_equals_the_loop() -> None:
    """∂/∂w_k of (1/N) Σ ½‖Wf‖² is (1/N) Σ z_k·f."""
    features, correct = batch(5, 3, 2, 1.0)
    weight = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    incay = Incay(IncaySettings(form="logit-penalty", weight=1.0, gate="correct"))
    term = incay(features, correct, 0, lambda each: nn.functional.linear(each, weight))
    assert term is not None
    torch.autograd.backward(term.value_B.mean())
    expected = [[0.0] * 3 for _ in range(4)]
    for feature, counts in zip(features.tolist(), correct.tolist(), strict=True):
        for k, w_k in enumerate(weight.tolist()):
            z_k = math.fsum(w * item for w, item in zip(w_k, feature, strict=True))
            for d in range(3):
                expected[k][d] += counts * z_k * feature[d] / 5
    assert weight.grad is not None
    assert torch.allclose(weight.grad, torch.tensor(expected, dtype=torch.float64), rtol=1e-10)


def test_a_form_that_asks_for_logits_is_told_where_there_are_none() -> None:
    with pytest.raises(ValueError, match="a loss must give the logits"):
        Incay(IncaySettings(form="logit-penalty", weight=1.0))(
            torch.ones(2, 3), torch.ones(2, dtype=torch.bool), 0
        )


def test_the_ring_begins_as_the_first_mean_norm_and_has_a_gradient() -> None:
    features, correct = batch(4, 3, 3, 2.0)
    ring = Incay(replace(RING, threshold="none")).double()
    assert ring(features, correct, 0) is not None
    norms = (features.square().sum(dim=1) + 1e-6).sqrt()
    assert ring.learned["radius"].item() == norms.mean().item()
    term = ring(10.0 * features, correct, 1)  # it does not begin again
    assert ring.learned["radius"].item() == norms.mean().item()
    assert term is not None
    torch.autograd.backward(term.value_B.mean())
    away = norms.mean() - (100.0 * features.square().sum(dim=1) + 1e-6).sqrt()
    (change,) = ring.parameters()
    torch.testing.assert_close(change.grad, (away * correct).mean().detach())


def test_magfaces_g_stops_at_its_bounds_and_lengthens_between() -> None:
    def pull(norm: float) -> float:
        features = torch.tensor([[norm]], dtype=torch.float64, requires_grad=True)
        settings = IncaySettings(form="magface-g", weight=1.0)
        return -gradient(settings, features, torch.ones(1, dtype=torch.bool)).item()

    assert pull(9.0) == pull(111.0) == 0.0
    assert pull(20.0) == pytest.approx(1 / 20**2 - 1 / 110**2)


def test_what_out_of_range_settings_are_told() -> None:
    for form, settings, told in (
        ("objectosphere", {"background": 3}, "settings.background must be a text, but got 3"),
        ("objectosphere", {"xi": 0}, "settings.xi > 0"),
        ("magface-g", {"lower": 200}, "settings.upper > settings.lower=200"),
        ("magface-g", {"lower": 0}, "settings.lower > 0"),
        ("hafn", {"radius": -1}, "settings.radius >= 0"),
        ("safn", {"delta": 0}, "settings.delta > 0"),
        ("ring", {"radius": 1}, "settings must be left out: form ring has none of its own"),
    ):
        with pytest.raises(ValueError, match=told):
            IncaySettings(form=form, weight=1.0, settings=settings)


@pytest.mark.parametrize("form", NEW)
def test_one_short_sample_in_bf16_is_finite(form: str) -> None:
    features = torch.zeros(1, 3, dtype=torch.bfloat16, requires_grad=True)
    found = gradient(IncaySettings(form=form, weight=1.0), features, torch.ones(1) > 0)
    assert found.isfinite().all()
