"""One p-value for all declared looks so far, so that Holm's correction can go on as ever.

The sequential p-value is the least α of which any look so far has crossed its boundary. Boundaries
of a smaller α lie further out at every look, so that it is below α just where a boundary of α was
crossed, and Holm's correction of such p-values tests every comparison against the boundaries of its
own level. It never grows with another look: what is decided stays so.

Liu, Q., & Anderson, K. M. (2008). On adaptive extensions of group sequential trials.
Maurer, W., & Bretz, F. (2013). Multiple testing in group sequential trials using graphical
approaches.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from incay.analysis.statistics.sequential.boundaries import boundaries

LEAST = 1e-8
"""The least p-value that is told; it stands for all below it."""

_ALPHA, _FAMILY = 0.05, 20
"""Boundaries of α / m are exact up to this many comparisons; levels between are interpolated."""
_ABOVE = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_RATIO = 1.5
_TINY = 1e-300


def sequential_p(path: Sequence[tuple[int, float]], looks_max: int, spending: str) -> float:
    """Return the least level of which any look so far has crossed its boundary, at most 1.

    Between levels it is interpolated, to 0.1 % of a p-value below 0.05; of 0.05 / m, with m up to
    20, it is on that side on which `boundaries` has it.

    Args:
        path: Count of seeds and two-sided p-value of the fixed test, at each look so far.
        looks_max: Seeds of the last declared look.
        spending: A spending function, see `spent`.
    """
    counts = [n for n, _ in path]
    best, most = 1.0, len(_LEVELS)
    for number, (_, p) in enumerate(path, start=1):
        looks = counts[:number]
        crossed = _first_crossed(looks, p, looks_max, spending, most)
        if crossed < len(_LEVELS) and crossed <= most:
            best = min(best, _level_of(looks, p, looks_max, spending, crossed))
            most = crossed
    return best


def _first_crossed(looks: list[int], p: float, looks_max: int, spending: str, most: int) -> int:
    """Return the index of the least level whose boundary p is below, `most` where none is lower."""
    # No boundary is above its level.
    low, high = min(bisect_left(_LEVELS, p), most), most
    while low < high:
        middle = (low + high) // 2
        if p < _boundary(looks, middle, looks_max, spending):
            high = middle
        else:
            low = middle + 1
    return low


def _boundary(looks: list[int], index: int, looks_max: int, spending: str) -> float:
    return boundaries(looks, _LEVELS[index], spending, looks_max)[-1]


def _level_of(looks: list[int], p: float, looks_max: int, spending: str, index: int) -> float:
    """Return the level whose boundary p is, by the two of the grid around it, on logarithms."""
    if index == 0:
        return LEAST
    low, high = _LEVELS[index - 1], _LEVELS[index]
    lower, upper = (
        math.log(max(_boundary(looks, each, looks_max, spending), _TINY))
        for each in (index - 1, index)
    )
    if upper <= lower:
        return high
    share = (math.log(max(p, _TINY)) - lower) / (upper - lower)
    return float(low * (high / low) ** min(1.0, max(0.0, share)))


def _grid() -> tuple[float, ...]:
    """Return levels from the least to nearly 1, those of Holm's steps among them."""
    ends = sorted({LEAST, *(_ALPHA / m for m in range(1, _FAMILY + 1)), *_ABOVE})
    levels = set(ends)
    for low, high in pairwise(ends):
        parts = math.ceil(math.log(high / low) / math.log(_RATIO))
        levels.update(low * (high / low) ** (part / parts) for part in range(1, parts))
    return tuple(sorted(levels))


_LEVELS = _grid()
