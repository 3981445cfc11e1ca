"""One p-value of all looks: with Holm's correction it is Holm by boundaries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incay.analysis.statistics.holm import holm
from incay.analysis.statistics.sequential.boundaries import boundaries
from incay.analysis.statistics.sequential.sequential_p import LEAST, sequential_p
from incay.analysis.statistics.sequential.spending import SPENDINGS

_LOOKS = (5, 10, 15, 20, 30, 40, 50)
_P_VALUES = st.floats(-7.0, 0.0).map(lambda exponent: 10.0**exponent)


def _by_levels(paths: list[list[float]], spending: str, alpha: float) -> list[bool]:
    """Holm's steps as they are told: the open ones at α / how many are open, until none falls."""
    fallen = [False] * len(paths)
    while not all(fallen):
        level = alpha / fallen.count(False)
        bounds = boundaries(_LOOKS, level, spending)
        crossed = [any(p < b for p, b in zip(path, bounds, strict=True)) for path in paths]
        now = [old or new for old, new in zip(fallen, crossed, strict=True)]
        if now == fallen:
            break
        fallen = now
    return fallen


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(_P_VALUES, min_size=len(_LOOKS), max_size=len(_LOOKS)), min_size=1, max_size=6
    ),
    st.sampled_from(SPENDINGS),
)
def test_holm_over_it_is_holm_by_boundaries(paths: list[list[float]], spending: str) -> None:
    alone = [sequential_p(list(zip(_LOOKS, path, strict=True)), 50, spending) for path in paths]
    assert [p < 0.05 for p in holm(alone)] == _by_levels(paths, spending, 0.05)


@pytest.mark.parametrize("spending", SPENDINGS)
@pytest.mark.parametrize("level", [2e-4, 0.0031, 0.012, 0.04, 0.05, 0.08, 0.33, 0.66])
def test_it_is_the_level_whose_boundary_a_look_is_on(level: float, spending: str) -> None:
    for k in range(1, len(_LOOKS) + 1):
        *_, p = boundaries(_LOOKS[:k], level, spending, 50)
        path = [*((n, 1.0) for n in _LOOKS[: k - 1]), (_LOOKS[k - 1], p)]
        rel = 1e-3 if level < 0.06 else 2e-2
        assert sequential_p(path, 50, spending) == pytest.approx(max(level, LEAST), rel=rel)


@pytest.mark.parametrize("spending", SPENDINGS)
def test_another_look_never_takes_back(spending: str) -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        path = [(n, float(p)) for n, p in zip(_LOOKS, random.random(7) ** 3, strict=True)]
        found = [sequential_p(path[:k], 50, spending) for k in range(1, 8)]
        assert found == sorted(found, reverse=True)
        assert found[-1] >= min(p for _, p in path) or found[-1] == LEAST


def test_one_look_is_the_fixed_test() -> None:
    assert sequential_p([(8, 0.0321)], 8, "pocock") == pytest.approx(0.0321)
    assert sequential_p([(8, 0.0)], 8, "pocock") == LEAST
    assert sequential_p([(8, 1.0)], 8, "pocock") == 1.0


def test_nothing_was_seen() -> None:
    assert sequential_p([], 8, "pocock") == 1.0
    assert sequential_p([(1, 1.0)], 8, "obrien-fleming") == 1.0
