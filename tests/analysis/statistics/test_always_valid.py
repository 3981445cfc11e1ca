"""The t-test that is valid at any time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from incay.analysis.statistics.sequential.always_valid import (
    always_valid_half_width,
    always_valid_p,
    always_valid_t,
    least_seeds,
    log_e_value,
)
from incay.analysis.statistics.sign_flip import sign_flip_p


@pytest.mark.parametrize(("n", "t"), [(2, 1.0), (5, 0.0), (5, 8.45), (10, -3.52), (30, 2.2)])
@pytest.mark.parametrize("width", [0.5, 1.0])
def test_e_value_is_the_ratio_of_likelihoods(n: int, t: float, width: float) -> None:
    def weighted(effect: float) -> float:
        return float(
            stats.nct.pdf(t, n - 1, math.sqrt(n) * effect) * stats.norm.pdf(effect, scale=width)
        )

    with np.errstate(all="ignore"):
        mixed, _ = integrate.quad(weighted, -6 * width, 6 * width, limit=200)
    assert math.exp(log_e_value(n, t, width)) == pytest.approx(
        mixed / stats.t.pdf(t, n - 1), rel=1e-5
    )


def test_e_value_of_any_t_is_finite() -> None:
    """It has a largest value, that of a t without end: so few seeds can never decide."""
    assert log_e_value(1, math.inf) == 0.0
    largest = log_e_value(6, math.inf)
    assert math.exp(largest) == pytest.approx(7.0**2.5)
    for t in (1e9, 1e155, 1e300):
        assert log_e_value(6, t) == pytest.approx(largest)


@given(st.integers(5, 200), st.sampled_from([0.05, 0.02]))
def test_interval_ends_where_the_evidence_is_enough(n: int, alpha: float) -> None:
    t = always_valid_t(n, alpha)
    if t is None:
        assert n < least_seeds(alpha)
        return
    assert math.exp(log_e_value(n, t)) == pytest.approx(1.0 / alpha)
    assert t > stats.t.ppf(1 - alpha / 2, n - 1)
    assert always_valid_half_width(n, 0.3, alpha) == pytest.approx(t * 0.3 / math.sqrt(n))


def test_few_seeds_have_no_interval() -> None:
    assert (least_seeds(0.05), least_seeds(0.01)) == (5, 6)
    assert always_valid_t(1, 0.05) is None
    assert always_valid_half_width(4, 1.0, 0.05) is None
    assert always_valid_half_width(9, None, 0.05) is None
    assert always_valid_half_width(9, 0.0, 0.05) is None


@given(st.lists(st.floats(-5.0, 5.0).map(lambda value: round(value, 2)), max_size=30))
def test_p_is_the_least_of_all_beginnings(differences: list[float]) -> None:
    p = 1.0
    for n in range(2, len(differences) + 1):
        so_far = np.array(differences[:n])
        if so_far.std() > 1e-9 and abs(so_far.mean()) > 1e-9:
            t = stats.ttest_1samp(so_far, 0.0).statistic
            p = min(p, math.exp(-log_e_value(n, float(t))))
        elif so_far.std() <= 1e-9 and abs(so_far.mean()) > 1e-9:
            p = min(p, max(sign_flip_p(n, sides=2), math.exp(-log_e_value(n, math.inf))))
    assert always_valid_p(differences) == pytest.approx(p, rel=1e-6)


def test_equal_differences_say_no_more_than_their_signs() -> None:
    assert [always_valid_p([0.2] * n) for n in (3, 5, 6)] == pytest.approx([0.25, 0.0625, 0.03125])
    assert always_valid_p([0.2] * 2) == pytest.approx(1 / math.sqrt(3))
    assert always_valid_p([0.0] * 9) == 1.0
    assert always_valid_p([0.7]) == always_valid_p([]) == 1.0


def test_rounding_is_no_spread() -> None:
    thirds = [0.1 + 0.2 - 0.2, 1.1 - 1.0, 8.3 - 8.2]
    assert always_valid_p(thirds, size=8.3) == pytest.approx(0.25)
    assert always_valid_p([1e-16, -2e-16, 1e-16], size=1.0) == 1.0


def _marked(paths: np.ndarray) -> float:
    return float(np.mean([always_valid_p(path) < 0.05 for path in paths]))


def test_steps_of_one_image_mark_no_more_than_normal_differences() -> None:
    random = np.random.default_rng(0)
    assert _marked(np.round(random.normal(scale=0.7, size=(2000, 40)))) < 0.05
    assert _marked(random.choice([-1.0, 0.0, 1.0], p=[0.2, 0.6, 0.2], size=(2000, 40))) < 0.05
    # The worst there is, one image up or down and never none: 5.8 % of 20,000.
    assert _marked(random.choice([-1.0, 1.0], size=(2000, 40))) < 0.07
