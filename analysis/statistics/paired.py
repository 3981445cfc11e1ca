"""The paired t-test: two arms on the same replicate seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from incay.analysis.statistics.rounding import largest, without_rounding
from incay.analysis.statistics.sign_flip import sign_flip_p
from incay.analysis.statistics.summary import Summary, summarize


@dataclass(frozen=True)
class PairedTest:
    """Two arms on the replicates that both have.

    What is nothing but rounding is exactly 0 here, so that readers may ask `differs` and `spreads`.

    Attributes:
        n: Number of pairs, at least 1.
        difference: Mean of first - second.
        half_width: Half its 95% t interval, None for one pair and for differences that are all
            the same number.
        deviation: Standard deviation of the differences, None for one pair.
        p: Two-sided p-value of "the mean difference is 0", None for one pair.
    """

    n: int
    difference: float
    half_width: float | None
    deviation: float | None
    p: float | None

    @property
    def differs(self) -> bool:
        """Whether the means are different numbers, however little that may say."""
        return bool(self.difference)

    @property
    def spreads(self) -> bool:
        """Whether the differences show a spread: there are several, and they are not all equal."""
        return bool(self.deviation)


def paired_differences(first: Mapping[int, float], second: Mapping[int, float]) -> dict[int, float]:
    """Return first - second by replicate, of those that both have; rounding is exactly 0."""
    return {
        number: without_rounding(
            first[number] - second[number], largest(first[number], second[number])
        )
        for number in sorted(first.keys() & second.keys())
    }


def paired_test(first: Mapping[int, float], second: Mapping[int, float]) -> PairedTest | None:
    """Compare two arms, given as values by replicate; None without a common replicate.

    Where every difference is the same number, the exact sign-flip test takes the place of the
    t-test (`incay.analysis.statistics.sign_flip` says why): p = 2 / 2^n, or 1 where all
    differences are 0.
    """
    differences = paired_differences(first, second)
    if not differences:
        return None
    size = largest(*(each[number] for number in differences for each in (first, second)))
    summary = summarize(list(differences.values()), size=size)
    p = None if summary.deviation is None else _p_value(summary, summary.deviation)
    return PairedTest(summary.n, summary.mean, summary.half_width, summary.deviation, p)


def _p_value(summary: Summary, deviation: float) -> float:
    if not summary.mean:
        return 1.0
    if not summary.spreads:
        return sign_flip_p(summary.n)
    from scipy.special import stdtr

    error = deviation / math.sqrt(summary.n)
    return float(2.0 * stdtr(summary.n - 1, -abs(summary.mean) / error))
