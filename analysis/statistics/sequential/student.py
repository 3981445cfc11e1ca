"""Two-sided p-values of Student's t, and back."""

from __future__ import annotations

import math


def critical_t(n: int, p: float) -> float:
    """Return the |t| of n values, two or more, whose two-sided p is this; infinite for p = 0."""
    if p <= 0.0:
        return math.inf
    from scipy.special import stdtrit

    return -float(stdtrit(n - 1, p / 2.0))


def two_sided_p(n: int, t: float) -> float:
    """Return the two-sided p of a t statistic of n values, two or more."""
    from scipy.special import stdtr

    return float(2.0 * stdtr(n - 1, -abs(t)))
