"""Effect size of a paired comparison: the difference in units of its own spread."""

from __future__ import annotations

import math

from incay.analysis.statistics.paired import PairedTest
from incay.analysis.statistics.rounding import is_rounding
from incay.analysis.statistics.summary import CONFIDENCE

_FARTHEST = 1e4  # an effect so large needs two seeds, whatever it is


def hedges_g(test: PairedTest) -> float | None:
    """Return the mean difference over the differences' standard deviation, bias-corrected.

    This is Cohen's d_z with Hedges' correction 1 - 3 / (4 (n - 1) - 1), which takes at least
    three pairs; None with fewer, or where there is no spread to measure by.
    """
    if test.deviation is None or is_rounding(test.deviation, test.difference) or test.n < 3:
        return None
    correction = 1.0 - 3.0 / (4.0 * (test.n - 1) - 1.0)
    return correction * test.difference / test.deviation


def effect_interval(
    n: int, difference: float, deviation: float | None, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return the interval of the true mean difference over the true standard deviation.

    By the noncentral t distribution, which knows that the deviation is estimated: the ends are the
    effects of which so large a t, or so small a one, has a chance of (1 - confidence) / 2.

    Returns:
        Its ends; None for a single pair and where there is no spread to measure by.

    Steiger, J. H., & Fouladi, R. T. (1997). Noncentrality interval estimation and the evaluation
    of statistical models.
    """
    if n < 2 or deviation is None or is_rounding(deviation, difference):
        return None
    t = math.sqrt(n) * difference / deviation
    outside = (1.0 - confidence) / 2.0
    low, high = (_effect_of(n, t, share) for share in (1.0 - outside, outside))
    return low, high


def _effect_of(n: int, t: float, share: float) -> float:
    """Return the effect of which a t statistic below `t` has the chance `share`."""
    from scipy.special import nctdtr

    low, high = -_FARTHEST, _FARTHEST
    while high - low > 1e-9 * max(1.0, abs(low)):
        middle = (low + high) / 2.0
        below = float(nctdtr(n - 1, math.sqrt(n) * middle, t))
        if math.isnan(below):  # SciPy gives up far out, where the chance is 0 or 1
            below = float(math.sqrt(n) * middle < t)
        low, high = (middle, high) if below > share else (low, middle)
    return (low + high) / 2.0
