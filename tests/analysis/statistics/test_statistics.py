"""Our statistics against SciPy's and statsmodels', which take seconds to import."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from incay.analysis.statistics.effect import hedges_g
from incay.analysis.statistics.equivalence import equivalence
from incay.analysis.statistics.holm import holm
from incay.analysis.statistics.mcnemar import mcnemar
from incay.analysis.statistics.paired import paired_test
from incay.analysis.statistics.power import power, seeds_needed
from incay.analysis.statistics.rounding import is_rounding, without_rounding
from incay.analysis.statistics.sign_flip import sign_flip_p
from incay.analysis.statistics.summary import summarize
from incay.analysis.statistics.welch import welch_test

numbers = st.floats(0.0, 100.0).map(lambda value: round(value, 2))


@given(st.lists(numbers, min_size=2, max_size=12))
def test_summary_is_the_t_interval(values: list[float]) -> None:
    summary = summarize(values)
    assert summary.mean == pytest.approx(np.mean(values))
    assert summary.deviation == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    if not summary.spreads:
        assert summary.half_width is None
        return
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    assert summary.half_width == pytest.approx(half, abs=1e-9)


def test_summary_of_one_value_has_no_interval() -> None:
    assert summarize([3.0]).half_width is None
    with pytest.raises(ValueError, match="at least one"):
        summarize([])


@given(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=12))
def test_paired_test_is_scipys(pairs: list[tuple[float, float]]) -> None:
    first, second = (dict(enumerate(column)) for column in zip(*pairs, strict=True))
    test = paired_test(first, second)
    assert test is not None
    differences = [a - b for a, b in pairs]
    if np.std(differences) < 1e-6:
        return
    expected = stats.ttest_rel(list(first.values()), list(second.values()))
    assert test.p == pytest.approx(expected.pvalue, abs=1e-9)
    low, high = expected.confidence_interval()
    assert test.half_width == pytest.approx((high - low) / 2)
    assert test.difference == pytest.approx((high + low) / 2, abs=1e-9)


def test_pairs_are_matched_by_replicate() -> None:
    test = paired_test({0: 1.0, 2: 5.0, 7: 9.0}, {2: 4.0, 7: 9.5, 9: 0.0})
    assert test is not None
    assert test.n == 2
    assert test.difference == pytest.approx(0.25)
    assert paired_test({0: 1.0}, {1: 1.0}) is None


def test_one_pair_has_no_p_value() -> None:
    test = paired_test({0: 1.0}, {0: 2.0})
    assert test is not None
    assert (test.p, test.half_width) == (None, None)


@pytest.mark.parametrize(("n", "p"), [(2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_equal_differences_are_tested_by_sign(n: int, p: float) -> None:
    test = paired_test(dict.fromkeys(range(n), 1.01), dict.fromkeys(range(n), 1.0))
    assert test is not None
    assert test.p == p


def test_equal_arms_do_not_differ() -> None:
    test = paired_test({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0})
    assert test is not None
    assert test.p == 1.0


def test_a_mean_difference_that_is_rounding_is_none() -> None:
    """Differences of ± 0.1 average to 1e-15 or so, which has neither direction nor size."""
    first, second = {0: 8.3, 1: 8.0, 2: 0.1 + 0.2}, {0: 8.2, 1: 8.1, 2: 0.3}
    assert (first[0] - second[0]) + (first[1] - second[1]) != 0.0
    test = paired_test(first, second)
    assert test is not None
    assert (test.difference, test.p) == (0.0, 1.0)
    assert not test.differs
    assert test.spreads
    assert hedges_g(test) == 0.0


def test_equal_differences_have_no_spread_but_for_rounding() -> None:
    test = paired_test({0: 0.1 + 0.2, 1: 1.1, 2: 8.3}, {0: 0.2, 1: 1.0, 2: 8.2})
    assert test is not None
    assert test.differs
    assert (test.deviation, test.spreads) == (0.0, False)
    assert (test.p, test.half_width) == (0.25, None)
    assert hedges_g(test) is None


@pytest.mark.parametrize(
    ("value", "size", "nothing"),
    [(1e-15, 8.0, True), (1e-4, 100.0, False), (0.0, 0.0, True), (1e-15, 1e-15, False)],
)
def test_rounding_is_relative_to_what_was_computed_with(
    value: float, size: float, nothing: bool
) -> None:
    assert is_rounding(value, size) is nothing
    assert without_rounding(value, size) == (0.0 if nothing else value)


def test_values_that_are_equal_but_for_rounding_do_not_spread() -> None:
    summary = summarize([0.1 + 0.2, 0.3, 0.3])
    assert (summary.deviation, summary.half_width, summary.spreads) == (0.0, None, False)


def test_welch_needs_a_spread_that_is_more_than_rounding() -> None:
    test = welch_test([0.1 + 0.2, 0.3], [0.3, 0.3])
    assert (test.difference, test.half_width, test.p) == (0.0, None, None)
    assert welch_test([1.1 - 1.0, 0.1], [0.2, 0.2]).p is None


def test_welch_takes_no_sample_of_equal_values_for_one_without_variance() -> None:
    test = welch_test([5.0, 5.0], [1.0, 2.0, 1.5])
    assert (test.difference, test.half_width, test.p) == (3.5, None, None)


def test_sign_flips_are_counted_exactly() -> None:
    assert [sign_flip_p(n) for n in (1, 2, 6)] == [1.0, 0.5, 0.03125]
    assert [sign_flip_p(n, sides=1) for n in (1, 5)] == [0.5, 0.03125]


@settings(max_examples=15)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_of_nothing() -> None:
    assert holm([]) == []


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_is_statsmodels(fixed: int, added: int) -> None:
    expected = statsmodels_mcnemar([[1, fixed], [added, 1]], exact=True).pvalue
    assert mcnemar(fixed, added).p == pytest.approx(min(1.0, expected) if fixed + added else 1.0)


@given(st.integers(2, 60), st.floats(0.05, 3.0), st.sampled_from([0.05, 0.01]))
def test_power_is_statsmodels(n: int, effect: float, alpha: float) -> None:
    expected = TTestPower().power(effect, n, alpha)
    if np.isnan(
        expected
    ):  # statsmodels' two-sided power is NaN there; the other tail is negligible
        expected = TTestPower().power(effect, n, alpha / 2, alternative="larger")
    assert power(n, effect, alpha) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("effect", [0.3, 0.8, 1.5, 4.0])
def test_seeds_needed_is_the_least(effect: float) -> None:
    n = seeds_needed(effect, 0.05)
    assert n is not None
    assert power(n, effect, 0.05) >= 0.8
    assert n == 2 or power(n - 1, effect, 0.05) < 0.8
    assert seeds_needed(-effect, 0.05) == n


def test_hopeless_effects_need_no_number() -> None:
    assert seeds_needed(0.01, 0.05) is None


def test_effect_size_is_hedges() -> None:
    test = paired_test({0: 1.0, 1: 2.0, 2: 4.0}, {0: 0.0, 1: 0.0, 2: 0.0})
    assert test is not None
    cohen = np.mean([1, 2, 4]) / np.std([1, 2, 4], ddof=1)
    assert hedges_g(test) == pytest.approx(cohen * (1 - 3 / (4 * 2 - 1)))


@given(
    st.lists(st.floats(80.0, 100.0), min_size=2, max_size=10, unique=True),
    st.floats(80.0, 100.0),
    st.floats(0.1, 5.0),
)
def test_reproduced_is_statsmodels_tost(
    values: list[float], published: float, tolerance: float
) -> None:
    p = ttost_paired(np.array(values), np.full(len(values), published), -tolerance, tolerance)[0]
    if abs(p - 0.05) > 1e-6:
        assert (equivalence(values, published, tolerance) == "reproduced") == (p < 0.05)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([90.0, 90.1, 89.9, 90.05, 89.95], "reproduced"),
        ([95.0, 95.1, 94.9, 95.05, 94.95], "different"),
        ([90.0, 93.0, 88.0, 91.0, 89.5], "undecided"),
        ([90.9, 91.1, 91.0, 91.05, 90.95], "undecided"),
        ([90.0], "undecided"),
        # Equal numbers show no spread: five of them are needed, whatever they say.
        ([90.0] * 2, "undecided"),
        ([90.0] * 4, "undecided"),
        ([90.0] * 5, "reproduced"),
        ([90.1, 100.0 - 9.9] * 3, "reproduced"),
        ([95.0] * 2, "undecided"),
        ([95.0] * 5, "different"),
        ([91.0] * 9, "undecided"),
        ([91.0 + 1e-14] * 9, "undecided"),
    ],
)
def test_planted_verdicts(values: list[float], verdict: str) -> None:
    assert equivalence(values, published=90.0, tolerance=1.0) == verdict


@pytest.mark.parametrize("true_mean", [91.0, 89.0])
def test_reproduced_is_rarely_claimed_at_the_tolerance(true_mean: float) -> None:
    random = np.random.default_rng(0)
    claims = [
        equivalence(list(random.normal(true_mean, 0.5, 5)), 90.0, 1.0) == "reproduced"
        for _ in range(1000)
    ]
    assert np.mean(claims) < 0.07
