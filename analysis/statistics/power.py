"""Power of the paired t-test, and how many seeds would decide an undecided comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass

from incay.analysis.statistics.effect import effect_interval
from incay.analysis.statistics.summary import CONFIDENCE, t_quantile

MOST_SEEDS = 1_000
"""Where more seeds than this would be needed, nobody will run them."""


def power(n: int, effect: float, alpha: float) -> float:
    """Return the chance that n pairs show an effect at level α, two-sided.

    Args:
        n: Number of pairs, at least 2.
        effect: True mean difference over the differences' standard deviation.
        alpha: Level of the test.
    """
    from scipy.special import nctdtr

    freedom, shift = n - 1, abs(effect) * math.sqrt(n)
    critical = t_quantile(freedom, 1.0 - alpha)
    upper = 1.0 - float(nctdtr(freedom, shift, critical))
    lower = float(nctdtr(freedom, shift, -critical))
    # SciPy gives NaN for a lower tail that it cannot resolve; it is then below Φ(-5).
    return upper if math.isnan(lower) else upper + lower


def seeds_needed(effect: float, alpha: float, wanted: float = 0.8) -> int | None:
    """Return the least number of pairs that shows an effect with the wanted power.

    None where more than `MOST_SEEDS` would be needed.
    """
    if power(MOST_SEEDS, effect, alpha) < wanted:
        return None
    low, high = 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        if power(middle, effect, alpha) < wanted:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class SeedsNeeded:
    """How many pairs would show an effect of which only an interval is known.

    Attributes:
        point: Were the effect as measured, None where more than `MOST_SEEDS`.
        least: Were it as large as the interval allows, None likewise.
        most: Were it as small, None likewise and where it may be none at all.
    """

    point: int | None
    least: int | None
    most: int | None


def seeds_needed_between(
    n: int,
    difference: float,
    deviation: float | None,
    alpha: float,
    *,
    wanted: float = 0.8,
    confidence: float = CONFIDENCE,
) -> SeedsNeeded | None:
    """Return how many pairs would show the effect of n pairs, with what is known of it.

    The true effect lies in its interval (`effect_interval`), and so the number between two; the
    effect as measured gives a point that few seeds say little of.

    Returns:
        None for a single pair, where there is no spread, and where the mean difference is 0.
    """
    interval = effect_interval(n, difference, deviation, confidence)
    if interval is None or not deviation or not difference:
        return None
    low, high = interval
    smallest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    return SeedsNeeded(
        point=seeds_needed(difference / deviation, alpha, wanted),
        least=seeds_needed(max(abs(low), abs(high)), alpha, wanted),
        most=seeds_needed(smallest, alpha, wanted) if smallest else None,
    )
