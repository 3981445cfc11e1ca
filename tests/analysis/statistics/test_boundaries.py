"""Boundaries at declared looks against published ones, an integral, and plain simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from incay.analysis.statistics.sequential.boundaries import boundaries, boundary_at
from incay.analysis.statistics.sequential.spending import SPENDINGS, spent

_MANY = 10**6  # seeds between looks: the variance is as good as known

# Upper boundaries of z at a one-sided level of 0.025, equal looks. gsDesign's `gsDesign(k,
# test.type = 1, alpha = 0.025, sfu = sfLDOF or sfLDPocock)`, of three looks also rpact's
# `getDesignGroupSequential(kMax = 3, alpha = 0.025, typeOfDesign = "asOF")`; in print in
# Jennison and Turnbull (2000), chapter 7, and Reboussin, DeMets, Kim and Lan (2000).
_PUBLISHED = {
    ("obrien-fleming", 3): (3.7103, 2.5114, 1.9930),
    ("obrien-fleming", 5): (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
    ("pocock", 5): (2.438, 2.427, 2.410, 2.397, 2.386),
}


def _z(looks: Sequence[int], alpha: float, spending: str) -> list[float]:
    """Return boundaries of z, for numbers of seeds at which t is z."""
    counts = [_MANY * look for look in looks]
    return [boundary_at(counts[: k + 1], alpha, spending, counts[-1]) for k in range(len(counts))]


def _integrated(looks: Sequence[int], alpha: float, spending: str) -> list[float]:
    """Return boundaries of z by integrating the density of the sum, look by look.

    Armitage, P., McPherson, C. K., & Rowe, B. C. (1969). Repeated significance tests on
    accumulating data.
    """
    information = [look / looks[-1] for look in looks]
    shares = [spent(spending, alpha, each) for each in information]
    found: list[float] = []
    points = density = np.zeros(0)
    for k, (now, target) in enumerate(zip(information, np.diff([0.0, *shares]), strict=True)):
        if k == 0:
            bound = stats.norm.isf(target / 2)
        else:
            step = math.sqrt(now - information[k - 1])
            weights = density * np.gradient(points)
            weights[[0, -1]] /= 2.0
            low, high = 0.0, 12.0
            for _ in range(60):
                bound = (low + high) / 2
                edge = bound * math.sqrt(now)
                out = stats.norm.sf((edge - points) / step)
                out += stats.norm.cdf((-edge - points) / step)
                low, high = (bound, high) if (weights * out).sum() > target else (low, bound)
        found.append(float(bound))
        edge = bound * math.sqrt(now)
        grid = np.linspace(-edge, edge, 1201)
        if k == 0:
            density = stats.norm.pdf(grid, scale=math.sqrt(now))
        else:
            density = stats.norm.pdf(grid[:, None], points[None], step) @ weights
        points = grid
    return found


@pytest.mark.parametrize(("spending", "looks"), _PUBLISHED)
def test_boundaries_are_the_published_ones(spending: str, looks: int) -> None:
    found = _z(range(1, looks + 1), 0.05, spending)
    assert found == pytest.approx(_PUBLISHED[spending, looks], abs=1e-3)


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.05 / 20])
@pytest.mark.parametrize("looks", [(1, 2, 3, 4, 8), (5, 10, 15, 20, 30, 40, 50), (9, 10)])
def test_boundaries_are_those_of_an_integral(
    looks: tuple[int, ...], alpha: float, spending: str
) -> None:
    assert _z(looks, alpha, spending) == pytest.approx(
        _integrated(looks, alpha, spending), abs=2e-3
    )


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize("looks", [(2, 3, 5), (3, 5, 8, 12, 20), (5, 10, 20, 40)])
def test_few_seeds_cross_as_often_as_was_spent(looks: tuple[int, ...], spending: str) -> None:
    """By plain simulation of values, at a level that it can resolve."""
    alpha, studies = 0.1, 200_000
    values = np.random.default_rng(3).normal(size=(studies, looks[-1]))
    crossed = np.zeros(studies, dtype=bool)
    for n, p in zip(looks, boundaries(looks, alpha, spending), strict=True):
        crossed |= stats.ttest_1samp(values[:, :n], 0.0, axis=1).pvalue < p
        expected = spent(spending, alpha, n / looks[-1])
        error = math.sqrt(expected * (1 - expected) / studies)
        assert crossed.mean() == pytest.approx(expected, abs=4 * error + 1e-5)


@pytest.mark.parametrize("spending", SPENDINGS)
def test_one_look_is_the_fixed_test(spending: str) -> None:
    assert boundaries([7], 0.05, spending) == (0.05,)
    assert boundary_at([7], 0.05, spending) == pytest.approx(stats.t.ppf(0.975, 6))


@pytest.mark.parametrize("spending", SPENDINGS)
def test_boundaries_of_early_looks_do_not_depend_on_later_ones(spending: str) -> None:
    looks = (3, 5, 8, 13)
    whole = boundaries(looks, 0.05, spending, 20)
    for k in range(1, len(looks)):
        assert boundaries(looks[:k], 0.05, spending, 20) == whole[:k]


@pytest.mark.parametrize("spending", SPENDINGS)
def test_a_smaller_level_has_its_boundaries_further_out(spending: str) -> None:
    """Else Holm's correction, which goes through levels, would not be of one family."""
    levels = np.geomspace(1e-7, 0.5, 40)
    for looks in [(5, 10, 15, 20, 30, 40, 50), (2, 3, 4), (10, 20), (5, 6, 50)]:
        found = np.array([boundaries(looks, level, spending) for level in levels])
        assert (np.diff(found, axis=0) > 0.0).all()


@pytest.mark.parametrize("spending", SPENDINGS)
def test_lost_seeds_leave_a_part_of_alpha_unused(spending: str) -> None:
    whole = boundaries([5, 10, 20], 0.05, spending)
    lost = boundaries([5, 10, 19], 0.05, spending, 20)
    assert lost[:2] == whole[:2]
    assert lost[2] < whole[2]


@pytest.mark.parametrize("spending", SPENDINGS)
def test_a_look_that_can_spend_nothing_decides_nothing(spending: str) -> None:
    first, *rest = boundaries([1, 4, 8], 0.05, spending)
    assert first == 0.0
    assert rest == pytest.approx(boundaries([4, 8], 0.05, spending), rel=5e-3)
    assert boundaries([5, 10, 12], 0.05, spending, 10)[2] == 0.0
    assert boundary_at([1], 0.05, spending, 5) == math.inf


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.integers(0, 1000),
    st.floats(-9.0, -0.01).map(lambda exponent: 10.0**exponent),
    st.sampled_from(SPENDINGS),
)
def test_any_looks_have_boundaries_below_what_is_spent(
    batches: list[int], missing: int, alpha: float, spending: str
) -> None:
    looks = [int(n) for n in np.cumsum(batches)]
    most = looks[-1] + missing
    for n, p in zip(looks, boundaries(looks, alpha, spending, most), strict=True):
        assert 0.0 <= p <= spent(spending, alpha, n / most) * (1 + 1e-6)


@pytest.mark.parametrize("looks", [(), (0, 3), (5, 5), (8, 5)])
def test_looks_must_increase(looks: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="looks must be counts that increase from 1 or more"):
        boundaries(looks, 0.05, "pocock")


def test_spending_is_all_at_the_end_and_more_at_every_share() -> None:
    for spending in SPENDINGS:
        shares = [spent(spending, 0.05, share) for share in np.linspace(0.0, 1.2, 25)]
        assert all(a <= b for a, b in pairwise(shares))
        assert (shares[0], shares[-1]) == (0.0, 0.05)
        assert spent(spending, 0.05, 0.999999) == pytest.approx(0.05, rel=1e-4)


@pytest.mark.parametrize(
    ("spending", "alpha", "says"),
    [
        ("haybittle", 0.05, "spending must be obrien-fleming or pocock, but got 'haybittle'"),
        ("pocock", 0.0, "a level must lie between 0 and 1, but got 0.0"),
    ],
)
def test_bad_spending_is_told(spending: str, alpha: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        spent(spending, alpha, 0.5)
