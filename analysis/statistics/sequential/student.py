"""Critical values of Student's t."""

from __future__ import annotations

import math


def critical_t(n: int, p: float) -> float:
    """Return the |t| of n values, two or more, whose two-sided p is this; infinite for p = 0."""
    if p <= 0.0:
        return math.inf
    from scipy.special import stdtrit

    return -float(stdtrit(n - 1, p / 2.0))
