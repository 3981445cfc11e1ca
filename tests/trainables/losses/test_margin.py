"""The margin function ψ and the annealing of its weight."""

from __future__ import annotations

import math

import naive_losses as naive
import pytest
import torch

from incay.trainables.losses.a_softmax import ASoftmaxSettings
from incay.trainables.losses.angular import AngularMarginSettings
from incay.trainables.losses.l_softmax import LSoftmaxSettings
from incay.trainables.losses.modules.l_softmax import LSoftmax
from incay.trainables.losses.modules.margin import annealing_weight, cos_multiple, psi

MARGINS = (1, 2, 3, 4)


def psi_at(theta: torch.Tensor, margin: int) -> torch.Tensor:
    return psi(theta.cos(), margin)


@pytest.mark.parametrize("margin", MARGINS)
def test_cos_multiple_is_the_cosine_of_the_multiple(margin: int) -> None:
    theta = torch.linspace(0, math.pi, 301, dtype=torch.float64)
    torch.testing.assert_close(cos_multiple(theta.cos(), margin), (margin * theta).cos())


@pytest.mark.parametrize("margin", MARGINS)
def test_psi_equals_its_definition(margin: int) -> None:
    for index in range(300):
        theta = (index + 0.5) * math.pi / 300
        assert math.isclose(
            psi_at(torch.tensor(theta, dtype=torch.float64), margin).item(),
            naive.psi(theta, margin),
            abs_tol=1e-12,
        )


@pytest.mark.parametrize("margin", MARGINS)
def test_psi_falls_from_1_to_1_minus_2m(margin: int) -> None:
    theta = torch.linspace(0, math.pi, 2001, dtype=torch.float64)
    values = psi_at(theta, margin)
    assert (values.diff() < 0).all()
    assert values[0].item() == 1.0
    assert math.isclose(values[-1].item(), 1.0 - 2.0 * (margin - 1) - 2.0, abs_tol=1e-9)


@pytest.mark.parametrize("margin", MARGINS)
def test_psi_is_continuous_with_its_slope(margin: int) -> None:
    """At θ = kπ/m, where one branch follows another, its value is 1 − 2k and its slope 0."""
    for k in range(1, margin):
        for side in (-1e-7, 1e-7):
            theta = torch.tensor(k * math.pi / margin + side, dtype=torch.float64)
            theta.requires_grad_()
            value = psi_at(theta, margin)
            (slope,) = torch.autograd.grad(value, theta)
            expected = math.cos(k * math.pi) * (-1) ** k - 2 * k
            assert math.isclose(value.item(), expected, abs_tol=1e-6)
            assert math.isclose(slope.item(), 0.0, abs_tol=1e-5)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("cosine", [1.0, -1.0])
def test_psi_has_a_finite_derivative_at_the_ends(margin: int, cosine: float) -> None:
    value = torch.tensor(cosine, requires_grad=True)
    (slope,) = torch.autograd.grad(psi(value, margin), value)
    assert math.isclose(slope.item(), margin**2, rel_tol=1e-5)


def weight(settings: AngularMarginSettings, t: int) -> float:
    """λ_t by the authors' count: the first step is t = 1."""
    return annealing_weight(
        t - 1,
        base=settings.base,
        gamma=settings.gamma,
        power=settings.power,
        low=settings.min_weight,
    )


@pytest.mark.parametrize(
    ("settings", "t", "expected"),
    [
        # L-Softmax, MNIST: 1000 · (1 + 0.000025 t)^−35
        (LSoftmaxSettings(), 1, 999.1254),
        (LSoftmaxSettings(), 1_000, 421.3711),
        (LSoftmaxSettings(), 10_000, 0.405647),
        # L-Softmax, CIFAR-10: 1000 · (1 + 0.00002 t)^−45
        (LSoftmaxSettings(margin=2, gamma=0.00002, power=45.0), 10_000, 0.273429),
        (LSoftmaxSettings(margin=2, gamma=0.00002, power=45.0), 30_000, 6.5253e-07),
        # SphereFace: max(5, 1000 / (1 + 0.12 t))
        (ASoftmaxSettings(), 1, 892.8571),
        (ASoftmaxSettings(), 1_000, 1000.0 / 121.0),
        (ASoftmaxSettings(), 1_658, 5.001),
        (ASoftmaxSettings(), 1_659, 5.0),
        (ASoftmaxSettings(), 28_000, 5.0),
    ],
)
def test_annealing_of_the_published_settings(
    settings: AngularMarginSettings, t: int, expected: float
) -> None:
    assert math.isclose(weight(settings, t), expected, rel_tol=1e-4)


def test_the_first_step_of_training_has_the_authors_first_weight() -> None:
    """λ = 1000 / 1.12 for A-Softmax; were t = 0, it would be 1000."""
    features = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    loss = ASoftmaxSettings().build(2, 2).double()
    loss.weight.data = torch.eye(2, dtype=torch.float64)
    plain = loss.logits(features)[:, 0]
    scale = features.norm(dim=1)
    margin = scale * psi(plain / scale, 4)
    first = loss.target_logit(plain, features, torch.tensor([0]), 0)
    blended = (892.857142857 * plain + margin) / 893.857142857
    torch.testing.assert_close(first, blended)


def test_annealing_never_rises() -> None:
    for settings in (LSoftmaxSettings(), ASoftmaxSettings()):
        values = [weight(settings, t) for t in range(1, 40_000, 100)]
        assert values == sorted(values, reverse=True)
        assert values[-1] >= settings.min_weight


def test_the_blend_goes_from_plain_to_margin() -> None:
    """(λ_t·plain + margin)/(1 + λ_t): near plain softmax at first, near the margin in the end."""
    features = torch.randn((1, 3), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([1])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        loss = LSoftmaxSettings().build(3, 2)
    assert isinstance(loss, LSoftmax)
    plain = loss.logits(features)[:, 1]
    first, last = (loss.target_logit(plain, features, labels, step) for step in (0, 10**6))
    scale = loss.target_scale(features, labels)
    assert math.isclose(first.item(), plain.item(), rel_tol=2e-2)
    torch.testing.assert_close(last, scale * psi(plain / scale, 4))
