"""What paper A says of the three forms (section 6.3), as properties."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_cases import dimensions, draw, growths, often, seeds
from torch import Tensor

from incay.trainables.incay import forms

torch.set_num_threads(1)


# The three forms (paper A, section 6.3)

GRADIENTS = {
    "linear": lambda f: 2 * f,
    "log": lambda f: 2 * f / f.dot(f),
    "reciprocal": lambda f: 2 * f / f.dot(f) ** 2,
}
"""∂F/∂f of what is maximised. The paper prints the reciprocal one as 2f/‖f‖²: a misprint."""


def gradient_of_form(form: str, feature: Tensor, epsilon: float = 1e-12) -> Tensor:
    feature = feature.clone().requires_grad_()
    maximised = -forms[form].penalty(feature.square().sum().unsqueeze(0), epsilon)
    (gradient,) = torch.autograd.grad(maximised.sum(), feature)
    return gradient


@pytest.mark.parametrize("form", sorted(GRADIENTS))
@often
@given(seed=seeds, dimension=dimensions, length=st.floats(0.01, 400.0))
def test_gradient_of_a_form(form: str, seed: int, dimension: int, length: float) -> None:
    feature = torch.nn.functional.normalize(draw(seed, dimension), dim=0) * length
    torch.testing.assert_close(
        gradient_of_form(form, feature), GRADIENTS[form](feature), rtol=1e-6, atol=0.0
    )


@often
@given(seed=seeds, dimension=dimensions, length=st.floats(0.0, 400.0), epsilon=st.floats(1e-6, 1.0))
def test_gradient_of_the_reciprocal_form_with_epsilon(
    seed: int, dimension: int, length: float, epsilon: float
) -> None:
    """Section 3.3: −2f/(‖f‖² + ε)² for what is minimised."""
    feature = torch.nn.functional.normalize(draw(seed, dimension), dim=0) * length
    expected = 2 * feature / (feature.dot(feature) + epsilon) ** 2
    torch.testing.assert_close(gradient_of_form("reciprocal", feature, epsilon), expected)


@often
@given(seed=seeds, short=st.floats(0.1, 300.0), growth=growths)
def test_which_forms_favour_short_features(seed: int, short: float, growth: float) -> None:
    """For ‖f_2‖ > ‖f_1‖: linear pushes f_2 harder, log and reciprocal f_1.

    One step along the gradient then narrows a class for the latter two, and widens it for
    the linear form.
    """
    direction = torch.nn.functional.normalize(draw(seed, 3), dim=0)
    first, second = short * direction, short * (1 + growth) * direction
    for form, favours_short in (("linear", False), ("log", True), ("reciprocal", True)):
        pushes = [gradient_of_form(form, feature) for feature in (first, second)]
        assert (pushes[0].norm() > pushes[1].norm()).item() is favours_short
        step = 0.01 * (second - first).norm() / pushes[0].norm()
        moved = (second + step * pushes[1]) - (first + step * pushes[0])
        assert (moved.norm() < (second - first).norm()).item() is favours_short


def test_epsilon_limits_how_far_the_reciprocal_form_favours_short_features() -> None:
    """The papers say "always"; with ε the push is largest at ‖f‖ = √(ε/3) and falls below."""
    epsilon = 0.03
    turn = math.sqrt(epsilon / 3)

    def push(length: float) -> float:
        feature = torch.tensor([length, 0.0], dtype=torch.float64)
        return float(gradient_of_form("reciprocal", feature, epsilon).norm())

    lengths = [turn * 2**k for k in range(-6, 7)]
    pushes = [push(length) for length in lengths]
    assert max(pushes) == pushes[6] == push(turn)
    assert pushes[:7] == sorted(pushes[:7])
    assert pushes[6:] == sorted(pushes[6:], reverse=True)


@pytest.mark.parametrize("form", sorted(GRADIENTS))
@often
@given(seed=seeds, dimension=dimensions)
def test_incay_pushes_along_the_feature(form: str, seed: int, dimension: int) -> None:
    feature = draw(seed, dimension) + 0.1
    push = gradient_of_form(form, feature)
    cosine = torch.nn.functional.cosine_similarity(push, feature, dim=0)
    assert math.isclose(cosine.item(), 1.0, rel_tol=1e-9)
