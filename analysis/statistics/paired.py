"""The paired t-test: two arms on the same replicate seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from incay.analysis.statistics.summary import summarize

_ROUNDING = 1e-12


@dataclass(frozen=True)
class PairedTest:
    """Two arms on the replicates that both have.

    Attributes:
        n: Number of pairs, at least 1.
        difference: Mean of first - second.
        half_width: Half its 95% t interval, None for one pair.
        deviation: Standard deviation of the differences, None for one pair.
        p: Two-sided p-value of "the mean difference is 0", None for one pair.
    """

    n: int
    difference: float
    half_width: float | None
    deviation: float | None
    p: float | None


def paired_test(first: Mapping[int, float], second: Mapping[int, float]) -> PairedTest | None:
    """Compare two arms, given as values by replicate; None without a common replicate.

    Where every difference is the same number, as happens with few seeds because an error rate
    moves in steps of one image, the t statistic is infinite and its p-value of 0 a lie. The
    exact sign-flip test, which needs no spread, then takes its place: p = 2 / 2^n, or 1 where
    all differences are 0.
    """
    common = sorted(first.keys() & second.keys())
    if not common:
        return None
    differences = [first[number] - second[number] for number in common]
    summary = summarize(differences)
    # Rounding of equal numbers is no difference, and has no direction.
    largest = max(abs(value) for each in (first, second) for value in each.values())
    if max(map(abs, differences)) <= _ROUNDING * largest:
        summary = summarize([0.0] * len(differences))
    p: float | None = None
    if summary.deviation is not None:
        scale = max(map(abs, differences)) if summary.mean or summary.deviation else 0.0
        p = _p_value(summary.n, summary.mean, summary.deviation, scale)
    return PairedTest(summary.n, summary.mean, summary.half_width, summary.deviation, p)


def _p_value(n: int, mean: float, deviation: float, scale: float) -> float:
    if scale == 0.0:
        return 1.0
    if deviation <= 1e-9 * scale:
        return min(1.0, 2.0 / 2.0**n)
    from scipy.special import stdtr

    return float(2.0 * stdtr(n - 1, -abs(mean) / (deviation / math.sqrt(n))))
