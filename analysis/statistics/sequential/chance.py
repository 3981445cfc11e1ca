"""What is the chance that the next look decides, given what has been seen?

The differences so far stand; those to come are taken to be normal around a true mean, with the
spread that was measured. The mean that was measured gives the *conditional power* at it, the ends
of its interval how little that may be worth.

Lan, K. K. G., & Wittes, J. (1988). The B-value: a tool for monitoring data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from incay.analysis.statistics.sequential.student import critical_t
from incay.analysis.statistics.summary import CONFIDENCE, t_quantile

_SPREADS = 64  # equally likely sums of squares of the differences to come
_EFFECTS = 25  # true means, from one end of the interval to the other


@dataclass(frozen=True)
class Chance:
    """A chance to decide.

    Attributes:
        as_measured: Were the true mean difference the one measured.
        least: The least over the interval of the true mean difference.
        most: The most over it.
    """

    as_measured: float
    least: float
    most: float


def chance_to_decide_at(
    next_n: int,
    *,
    n: int,
    difference: float,
    deviation: float | None,
    boundary: float,
    confidence: float = CONFIDENCE,
) -> Chance | None:
    """Return the chance that the p-value falls below a boundary at a look to come.

    Either direction decides: where the measured difference is small, the other one may.

    Args:
        next_n: Differences at that look, more than `n`.
        n: Differences so far.
        difference: Their mean.
        deviation: Their standard deviation.
        boundary: The nominal two-sided p at that look, at the level that counts (after Holm).
        confidence: Of the interval of the true mean difference.

    Returns:
        None where nothing is known of the spread: one difference, or all of them equal.

    Raises:
        ValueError: `next_n` is not above `n`.
    """
    if next_n <= n:
        raise ValueError(f"the next look must have more than {n} differences, but got {next_n}")
    if n < 2 or not deviation:
        return None
    half = t_quantile(n - 1, confidence) * deviation / math.sqrt(n)
    means = np.linspace(difference - half, difference + half, _EFFECTS)
    critical = critical_t(next_n, boundary)
    chances = [_chance(next_n, n, difference, deviation, critical, float(m)) for m in means]
    at_measured = _chance(next_n, n, difference, deviation, critical, difference)
    return Chance(at_measured, min(*chances, at_measured), max(*chances, at_measured))


def _chance(
    next_n: int, n: int, difference: float, deviation: float, critical: float, mean: float
) -> float:
    """Return the chance of |t| ≥ `critical` at the next look, were `mean` the true mean.

    With z the mean of the m differences to come minus that of those so far, the mean of all is
    difference + m z / next_n, and the sum of squares grows by theirs and by h z². So t² ≥ critical²
    is a z² + b z + e ≥ 0, and z is normal. The sum of squares to come is averaged over.
    """
    from scipy.special import gammaincinv, ndtr

    if math.isinf(critical):
        return 0.0
    m = next_n - n
    ranks = (np.arange(_SPREADS) + 0.5) / _SPREADS
    to_come = 2.0 * gammaincinv((m - 1) / 2.0, ranks) if m > 1 else np.zeros(_SPREADS)
    squares = deviation**2 * (n - 1 + to_come)
    a = (next_n - 1) * m**2 / next_n - critical**2 * n * m / next_n
    b = 2.0 * (next_n - 1) * m * difference
    e = (next_n - 1) * next_n * difference**2 - critical**2 * squares
    middle, spread = mean - difference, deviation / math.sqrt(m)
    if a == 0.0:
        a = -1e-12
    inside = b**2 - 4.0 * a * e
    roots = np.sqrt(np.maximum(inside, 0.0)) / (2.0 * abs(a))
    centre = -b / (2.0 * a)
    within = ndtr((centre + roots - middle) / spread) - ndtr((centre - roots - middle) / spread)
    # Beyond |t| is between the roots where a < 0, outside of them where a > 0.
    chances = np.where(inside <= 0.0, float(a > 0.0), within if a < 0.0 else 1.0 - within)
    return float(chances.mean())
