"""What is said beside the t-test, against SciPy's own exact answers and by simulation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from incay.analysis.statistics.companions import (
    bootstrap_interval,
    probability_of_improvement,
    wilcoxon_p,
)
from incay.analysis.statistics.sign_flip import sign_flip_p


@given(st.integers(0, 12), st.integers(0, 12))
def test_improvement_is_the_binomial_s_share_and_interval(better: int, worse: int) -> None:
    if better + worse == 0:
        return
    found = probability_of_improvement([1.0] * better + [-0.1] * worse)
    expected = stats.binomtest(better, better + worse).proportion_ci(method="exact")
    assert found.share == better / (better + worse)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_equal_pairs_count_as_half() -> None:
    found = probability_of_improvement([0.0, 0.0, 1.0, 2.0])
    assert found.share == 0.75
    assert found.low < 0.75 < found.high
    nothing = probability_of_improvement([0.0] * 6)
    assert nothing.share == 0.5
    assert nothing.low == pytest.approx(1.0 - nothing.high)


@pytest.mark.parametrize("ties", [False, True])
def test_improvement_s_interval_holds_as_often_as_it_says(ties: bool) -> None:
    random = np.random.default_rng(2)
    gains = random.normal(0.6, 1.0, (2000, 10))
    true = stats.norm.cdf(0.6)
    if ties:
        gains = np.round(gains)
        true = stats.norm.sf(0.5 - 0.6) + 0.5 * (stats.norm.cdf(-0.1) - stats.norm.cdf(-1.1))
    found = [probability_of_improvement(list(row)) for row in gains]
    assert np.mean([each.low <= true <= each.high for each in found]) > 0.94


@given(st.lists(st.floats(-9.0, 9.0), min_size=2, max_size=30))
def test_wilcoxon_without_ties_is_scipys(differences: list[float]) -> None:
    sizes = np.abs(differences)
    if (sizes < 1e-3).any() or (np.diff(np.sort(sizes)) < 1e-6).any():
        return
    assert wilcoxon_p(differences) == pytest.approx(stats.wilcoxon(differences).pvalue)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(-2, 2), min_size=2, max_size=6))
def test_wilcoxon_with_ties_is_exact(steps: list[int]) -> None:
    """By all signs of the ranks; rounding of the differences makes no order among equal ones."""
    p = wilcoxon_p([0.1 * step + 8.3 - 8.3 for step in steps], size=8.4)
    seen = np.array([step for step in steps if step])
    if not len(seen):
        assert p == 1.0
        return
    ranks = stats.rankdata(np.abs(seen))
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(seen))).reshape(len(seen), -1)
    sums = ranks @ signs
    assert p == pytest.approx(np.mean(np.abs(sums) >= abs(ranks @ np.sign(seen)) - 1e-9))


def test_wilcoxon_of_equal_differences_is_the_test_of_signs() -> None:
    for n in (2, 5, 9, 13):
        assert wilcoxon_p([0.3] * n) == pytest.approx(sign_flip_p(n))
    assert wilcoxon_p([0.3] * 40) == pytest.approx(2e-4)
    assert wilcoxon_p([0.3]) is None


def test_bootstrap_is_the_same_every_time_and_near_the_t_interval() -> None:
    differences = list(np.random.default_rng(0).normal(0.5, 1.0, 60))
    found = bootstrap_interval(differences)
    assert found == bootstrap_interval(differences)
    interval = stats.ttest_1samp(differences, 0.0).confidence_interval()
    assert found == pytest.approx((interval.low, interval.high), abs=0.08)


def test_nothing_warns_of_few_or_equal_pairs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(1, 8):
            for step in (0.0, 0.25, 1e-17):
                differences = [1.0 + step * (number == 0) for number in range(n)]
                probability_of_improvement(differences)
                wilcoxon_p(differences)
                found = bootstrap_interval(differences)
                assert (found is None) == (n < 4 or step != 0.25)
        assert bootstrap_interval([1e-4 + 1e-15, 1e-4, 1e-4, 1e-4], size=90.0) is None
