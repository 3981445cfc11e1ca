"""Power of the paired t-test, and how many seeds would decide an undecided comparison."""

from __future__ import annotations

import math

from incay.analysis.statistics.summary import t_quantile

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
