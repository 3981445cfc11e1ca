"""How often a table of equal arms has a mark, and how often a true effect gets one.

Studies of six arms that share a baseline: five comparisons that are dependent, as in real ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import stats

from incay.analysis.statistics.holm import holm
from incay.analysis.statistics.sequential.always_valid import (
    SHARE_LEFT,
    always_valid_p,
    log_e_value,
)
from incay.analysis.statistics.sequential.boundaries import boundaries
from incay.analysis.statistics.sequential.sequential_p import sequential_p
from incay.analysis.statistics.sequential.spending import SPENDINGS

_ALPHA, _ARMS = 0.05, 6
_LOOKS = (5, 10, 15, 20, 30, 40, 50)

Rule = Callable[[np.ndarray], Sequence[float]]
"""P-values of a study's comparisons, of their differences (comparisons, seeds)."""


def _fixed_p(differences: np.ndarray, n: int) -> np.ndarray:
    """Return p-values of the t-test of the first n seeds, which are the last axis."""
    return np.asarray(stats.ttest_1samp(differences[..., :n], 0.0, axis=-1).pvalue)


def _by_looks(spending: str) -> Rule:
    def rule(differences: np.ndarray) -> list[float]:
        looks = [_fixed_p(differences, n) for n in _LOOKS]
        paths = [list(zip(_LOOKS, path, strict=True)) for path in zip(*looks, strict=True)]
        return [sequential_p(path, _LOOKS[-1], spending) for path in paths]

    return rule


_RULES: dict[str, Rule] = {
    "fixed at 5": lambda differences: list(_fixed_p(differences, 5)),
    "fixed at 50": lambda differences: list(_fixed_p(differences, 50)),
    # None of these takes a mark back, so that the last look has all that any look had.
    **{f"looks, {spending}": _by_looks(spending) for spending in SPENDINGS},
    # Who looks after every seed and stops at the first mark.
    "undeclared": lambda differences: [always_valid_p(each) for each in differences],
    # The same after the one look that was declared has spent its level: nothing is taken back.
    "fixed at 5, then undeclared": lambda differences: [
        min(fixed, always_valid_p(each) / SHARE_LEFT)
        for fixed, each in zip(_fixed_p(differences, 5), differences, strict=True)
    ],
}


def _familywise(rule: Rule, studies: int) -> float:
    """Return the share of studies of equal arms with a mark after Holm's correction."""
    random = np.random.default_rng(20)
    marked = 0
    for _ in range(studies):
        arms = random.normal(size=(_ARMS, _LOOKS[-1]))
        marked += min(holm(rule(arms[1:] - arms[0]))) < _ALPHA
    return marked / studies


def _error(share: float, studies: int) -> float:
    return math.sqrt(share * (1.0 - share) / studies)


@pytest.mark.parametrize("name", _RULES)
def test_few_studies_of_equal_arms_have_a_mark(name: str) -> None:
    studies = 300
    assert _familywise(_RULES[name], studies) < _ALPHA + 3 * _error(_ALPHA, studies)


@pytest.mark.long
@pytest.mark.parametrize("name", _RULES)
def test_at_most_five_in_a_hundred_studies_of_equal_arms_have_a_mark(name: str) -> None:
    """The true shares are about 4.5 %, and 2 % undeclared."""
    studies = 10_000
    share = _familywise(_RULES[name], studies)
    print(f"{name}: {100 * share:.2f} ± {196 * _error(share, studies):.2f} %")
    assert share < _ALPHA + 1.96 * _error(_ALPHA, studies)
    assert share > 0.01


def test_looking_again_with_the_fixed_test_is_what_marks_equal_arms() -> None:
    """What these rules are for: 18 % of studies at seven looks, 19 % of single comparisons."""

    def again(differences: np.ndarray) -> list[float]:
        return list(np.min([_fixed_p(differences, n) for n in _LOOKS], axis=0))

    assert _familywise(again, 300) > 0.12


def _shown_at(differences: np.ndarray, spending: str) -> np.ndarray:
    """Return the n at which each path is decided, infinite where it is not."""
    shown = np.full(len(differences), np.inf)
    for n, p in reversed(list(zip(_LOOKS, boundaries(_LOOKS, _ALPHA, spending), strict=True))):
        shown[_fixed_p(differences, n) < p] = n
    return shown


@pytest.mark.long
@pytest.mark.parametrize(
    ("spending", "effect", "power"),
    [
        ("obrien-fleming", 0.5, 0.92),
        ("obrien-fleming", 1.0, 1.00),
        ("pocock", 0.5, 0.87),
        ("pocock", 1.0, 1.00),
    ],
)
def test_looks_show_effects_as_often_as_they_should(
    spending: str, effect: float, power: float
) -> None:
    values = np.random.default_rng(4).normal(effect, 1.0, (20_000, _LOOKS[-1]))
    shown = _shown_at(values, spending)
    mean_n = np.minimum(shown, _LOOKS[-1]).mean()
    print(f"{spending}, {effect}: {np.isfinite(shown).mean():.3f}, mean n {mean_n:.1f}")
    assert np.isfinite(shown).mean() == pytest.approx(power, abs=0.03)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "effect", "power"), [(0.5, 0.5, 0.73), (0.5, 1.0, 1.00), (1.0, 0.5, 0.70)]
)
def test_undeclared_looks_show_effects_as_often_as_they_should(
    width: float, effect: float, power: float
) -> None:
    values = np.random.default_rng(4).normal(effect, 1.0, (3_000, 50))
    counts = np.arange(2, 51)
    t = np.array([stats.ttest_1samp(values[:, :n], 0.0, axis=1).statistic for n in counts]).T
    enough = -math.log(_ALPHA)
    shown = [
        max(log_e_value(int(n), float(each), width) for n, each in zip(counts, path, strict=True))
        > enough
        for path in t
    ]
    assert np.mean(shown) == pytest.approx(power, abs=0.03)
