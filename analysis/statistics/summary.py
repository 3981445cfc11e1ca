"""Mean over seeds with its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from incay.analysis.statistics.rounding import largest, without_rounding

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """A mean over n values.

    Attributes:
        n: Number of values, at least 1.
        mean: Their mean, exactly 0 where it is nothing but rounding.
        deviation: Their sample standard deviation, likewise; None for a single value.
        half_width: Half the width of Student's t interval of the mean, None without a spread: a
            single value says nothing of it, nor do several that are all the same number.
    """

    n: int
    mean: float
    deviation: float | None
    half_width: float | None

    @property
    def spreads(self) -> bool:
        """Whether the values show a spread: there are several, and they are not all equal."""
        return bool(self.deviation)


def summarize(
    values: Sequence[float], confidence: float = CONFIDENCE, *, size: float = 0.0
) -> Summary:
    """Return mean and t interval of values that are one per seed.

    Args:
        values: At least one.
        confidence: Of the interval.
        size: The largest number that the values are differences of, if they are: their rounding
            is a matter of its size, not of theirs.

    Raises:
        ValueError: There are no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("a mean must have at least one value, but got none")
    size = largest(size, *values)
    mean = without_rounding(math.fsum(values) / n, size)
    if n == 1:
        return Summary(1, mean, None, None)
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    deviation = without_rounding(math.sqrt(variance), size)
    if not deviation:
        return Summary(n, mean, deviation, None)
    return Summary(n, mean, deviation, t_quantile(n - 1, confidence) * deviation / math.sqrt(n))


def t_quantile(freedom: float, confidence: float) -> float:
    """Return the t that a share `confidence` of Student's distribution lies within, ±t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2.0))
