"""Welch's t-test: two arms whose seeds have nothing in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from incay.analysis.statistics.rounding import largest, without_rounding
from incay.analysis.statistics.summary import CONFIDENCE, summarize, t_quantile


@dataclass(frozen=True)
class WelchTest:
    """Two independent samples.

    Attributes:
        difference: Mean of the first - mean of the second, exactly 0 where it is nothing but
            rounding.
        half_width: Half its 95% interval, None where a sample has one value, or several that are
            all the same number: its variance is then not known, and 0 is no estimate of it.
        p: Two-sided p-value of "the means are equal", None likewise.
    """

    difference: float
    half_width: float | None
    p: float | None


def welch_test(first: Sequence[float], second: Sequence[float]) -> WelchTest:
    """Compare the means of two samples of at least one value each.

    Welch, B. L. (1947). The generalization of "Student's" problem when several different
    population variances are involved.
    """
    one, other = summarize(first), summarize(second)
    difference = without_rounding(one.mean - other.mean, largest(*first, *second))
    if not one.deviation or not other.deviation:
        return WelchTest(difference, None, None)
    from scipy.special import stdtr

    variances = (one.deviation**2 / one.n, other.deviation**2 / other.n)
    error = math.sqrt(sum(variances))
    freedom = sum(variances) ** 2 / (
        variances[0] ** 2 / (one.n - 1) + variances[1] ** 2 / (other.n - 1)
    )
    p = float(2.0 * stdtr(freedom, -abs(difference) / error))
    return WelchTest(difference, t_quantile(freedom, CONFIDENCE) * error, p)
