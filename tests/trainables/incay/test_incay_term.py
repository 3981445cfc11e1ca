"""Gate, threshold, start and running mean of the incay term."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from incay.trainables.incay.modules.term import RUNNING_MEAN_DECAY, Incay
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.losses.modules.base import Term


def features_of(*norms: float) -> Tensor:
    """Two-dimensional features of these norms."""
    return torch.tensor([[0.6 * norm, 0.8 * norm] for norm in norms], dtype=torch.float64)


def linear(**settings: float | str | int) -> Incay:
    return Incay(IncaySettings(form="linear", weight=1.0, **settings))  # type: ignore[arg-type]


def values(term: Term | None) -> list[float]:
    assert term is not None
    return [round(value, 9) for value in term.value_B.tolist()]


ALL = torch.tensor([True, True, True])


@pytest.mark.parametrize(
    ("gate", "expected"),
    [("all", [-1, -4, -9]), ("correct", [-1, 0, -9]), ("incorrect", [0, -4, 0])],
)
def test_gate(gate: str, expected: list[float]) -> None:
    correct = torch.tensor([True, False, True])
    assert values(linear(gate=gate)(features_of(1, 2, 3), correct, 0)) == expected


def test_samples_beyond_a_fixed_threshold_contribute_nothing() -> None:
    assert values(linear(threshold=2.5)(features_of(1, 2, 3), ALL, 0)) == [-1, -4, 0]


def test_gate_and_threshold_must_both_hold() -> None:
    correct = torch.tensor([False, True, True])
    incay = linear(threshold=2.5, gate="correct")
    assert values(incay(features_of(1, 2, 3), correct, 0)) == [0, -4, 0]


@pytest.mark.parametrize("form", ["linear", "log", "reciprocal"])
def test_an_infinite_feature_that_does_not_count_has_no_gradient(form: str) -> None:
    features = features_of(1, math.inf, 2).requires_grad_()
    incay = Incay(IncaySettings(form=form, weight=1.0, threshold=2.5))
    term = incay(features, ALL, 0)
    assert term is not None
    term.value_B.sum().backward()
    assert features.grad is not None
    assert features.grad[1].tolist() == [0.0, 0.0]
    assert features.grad.isfinite().all()


def test_the_mean_counts_all_samples() -> None:
    """h(i) masks addends; N stays the number of samples (eq. 8)."""
    term = linear(gate="correct")(features_of(1, 2), torch.tensor([True, False]), 0)
    assert term is not None
    assert term.value_B.mean().item() == pytest.approx(-0.5)


def test_running_mean_starts_with_the_first_batch_and_follows_slowly() -> None:
    incay = linear(threshold="1.5 x mean")
    assert values(incay(features_of(1, 2, 6), ALL, 0)) == [-1, -4, 0]  # τ = 1.5 · 3
    assert incay.mean_norm.item() == pytest.approx(3.0)
    incay(features_of(10, 10, 10), ALL, 1)
    expected = RUNNING_MEAN_DECAY * 3.0 + (1 - RUNNING_MEAN_DECAY) * 10.0
    assert incay.mean_norm.item() == pytest.approx(expected)


def test_running_mean_is_part_of_the_state() -> None:
    incay = linear(threshold="3 x mean")
    incay(features_of(1, 2, 3), ALL, 0)
    resumed = linear(threshold="3 x mean")
    resumed.load_state_dict(incay.state_dict())
    assert resumed.mean_norm.item() == pytest.approx(2.0)


def test_a_threshold_has_no_gradient() -> None:
    features = features_of(1, 2, 3).requires_grad_()
    term = linear(threshold="1.4 x mean")(features, ALL, 0)
    assert term is not None
    (gradient,) = torch.autograd.grad(term.value_B.sum(), features)
    torch.testing.assert_close(gradient[:2], -2 * features.detach()[:2])
    assert gradient[2].tolist() == [0.0, 0.0]


def test_off_before_the_start_step_while_the_mean_is_followed() -> None:
    incay = linear(start_step=5, threshold="2 x mean")
    assert incay(features_of(1, 2, 3), ALL, 4) is None
    assert incay.mean_norm.item() == pytest.approx(2.0)
    assert incay(features_of(1, 2, 3), ALL, 5) is not None


def test_has_no_parameters_and_consumes_no_random_numbers() -> None:
    before = torch.get_rng_state()
    incay = linear(threshold="3 x mean", gate="correct")
    incay(features_of(1, 2, 3), ALL, 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert list(incay.parameters()) == []


def test_a_masked_infinite_penalty_adds_no_nan() -> None:
    features = torch.tensor([[1e30, 0.0], [3.0, 4.0]])  # float32: the square is infinite
    term = linear(threshold=10.0)(features, ALL[:2], 0)
    assert term is not None
    assert term.value_B.tolist() == pytest.approx([0.0, -25.0])


def test_the_smallest_epsilon_is_finite_at_zero() -> None:
    incay = Incay(IncaySettings(form="reciprocal", weight=1e6, epsilon=1e-12))
    features = torch.tensor([[0.0, 0.0], [1e-7, 0.0]], requires_grad=True)
    term = incay(features, ALL[:2], 0)
    assert term is not None
    (gradient,) = torch.autograd.grad(term.weight * term.value_B.mean(), features)
    assert term.value_B.isfinite().all()
    assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight": -1.0}, "weight >= 0"),
        ({"weight": math.nan}, "weight >= 0"),
        ({"weight": 1.0, "form": "none"}, "form is set where weight > 0"),
        (
            {"form": "cubic"},
            "incay form must be one of hafn, .*, reciprocal, ring, safn, but got 'cubic'",
        ),
        ({"gate": "some"}, "gate in {all, correct, incorrect}"),
        ({"start_step": -1}, "start_step >= 0"),
        ({"epsilon": 0.0}, "epsilon >= 1e-12"),
        ({"threshold": "3 x norm"}, "threshold must be"),
    ],
)
def test_refuses_what_is_out_of_range(settings: dict[str, float | str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IncaySettings(**{"form": "reciprocal", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("settings", [{}, {"form": "log"}, {"form": "log", "weight": 0.0}])
def test_without_form_or_weight_there_is_no_term(settings: dict[str, float | str]) -> None:
    inactive = IncaySettings(**settings)  # type: ignore[arg-type]
    assert not inactive.active
    with pytest.raises(ValueError, match="must have a form and a weight > 0"):
        Incay(inactive)
