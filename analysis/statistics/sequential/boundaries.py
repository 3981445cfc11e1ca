"""What p-value the t-test must fall below at each declared look, so that the error stays α.

The looks see the same values again and again, so that their tests are not independent. Boundaries
are found look by look: the chance of crossing one for the first time at a look is what the
spending function adds there. They hold for the t statistic itself, whose variance is estimated,
and so for two seeds as for two million.

Plain simulation cannot resolve a first look's α of 1e-7. Here the last mean is integrated exactly:
given the values up to look k but for shift and scale (their *shape*, which is independent of the t
statistic T_k), the earlier ones are

    T_j = √(n_j) (m + R_j) / √(V_j / (n_j - 1)),   m = T_k / √(n_k (n_k - 1)),

with R_j the mean at look j minus that at look k and V_j the sum of squares at look j, where the sum
of squares at look k is 1. Not to have crossed at look j is to have m between two bounds. So for
each simulated shape the chance that T_k lies beyond its boundary, and no earlier one did, is a
difference of two values of Student's distribution.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from incay.analysis.statistics.sequential.paths import Array, path_at
from incay.analysis.statistics.sequential.spending import spent
from incay.analysis.statistics.sequential.student import critical_t

_CLOSE = 1e-9
_NOTHING = 1e-290  # what is spent below this is lost to rounding


def boundaries(
    looks: Sequence[int], alpha: float, spending: str, n_max: int | None = None
) -> tuple[float, ...]:
    """Return the nominal two-sided p that decides at each look: a difference where p is below it.

    Those of the first looks do not depend on which looks follow, but for `n_max`. A look that can
    spend nothing, because there is one value or the whole of α is spent, has 0.

    Args:
        looks: Counts of seeds at each look so far, increasing.
        alpha: Two-sided level of the whole.
        spending: A spending function, see `spent`.
        n_max: Seeds of the last declared look; that of `looks` if not given. Where the last look
            has fewer, because seeds were lost, a part of α is not used.

    Raises:
        ValueError: Looks do not increase from 1 or more, or `spent` refuses the rest.
    """
    counts = tuple(looks)
    if not counts or counts[0] < 1 or any(b <= a for a, b in pairwise(counts)):
        raise ValueError(f"looks must be counts that increase from 1 or more, but got {counts}")
    most = counts[-1] if n_max is None else n_max
    return _nominal(counts, alpha, spending, most)


def boundary_at(
    looks: Sequence[int], alpha: float, spending: str, n_max: int | None = None
) -> float:
    """Return |t| at the boundary of the last of some looks, infinite where nothing is spent.

    Mean ± |t| s / √n is the repeated confidence interval: of the intervals at all declared looks
    every one holds the true difference in a share 1 - α of studies, so that the one at which a
    study stopped does.

    Jennison, C., & Turnbull, B. W. (1989). Interim analyses: the repeated confidence interval
    approach.
    """
    return critical_t(looks[-1], boundaries(looks, alpha, spending, n_max)[-1])


@lru_cache(maxsize=4096)
def _nominal(looks: tuple[int, ...], alpha: float, spending: str, n_max: int) -> tuple[float, ...]:
    earlier = _nominal(looks[:-1], alpha, spending, n_max) if len(looks) > 1 else ()
    before, now = (_spent_at(each, alpha, spending, n_max) for each in (looks[:-1], looks))
    if now - before < _NOTHING:
        return (*earlier, 0.0)
    if not any(earlier):
        return (*earlier, now)
    # To be beyond the boundary now is to have crossed by now: p is no more than what is spent.
    crossings = _first_crossings(looks, earlier, most=now / 2.0)
    return (*earlier, 2.0 * crossings.tail_of(now - before))


def _spent_at(looks: tuple[int, ...], alpha: float, spending: str, n_max: int) -> float:
    """Return what is spent after these looks; one value has no t statistic and spends nothing."""
    if not looks or looks[-1] < 2:
        return 0.0
    return spent(spending, alpha, looks[-1] / n_max)


@dataclass(frozen=True)
class _FirstCrossings:
    """Chances that T_k lies far out on one side, by simulated shape and side.

    Attributes:
        inner: To lie further out than where no earlier look was crossed begins; 1 where that is
            nearer to the middle than any boundary of look k may be.
        outer: To lie further out than where it ends, likewise.
        most: The largest tail chance that the boundary may have.
    """

    inner: Array
    outer: Array
    most: float

    def chance(self, tail: float) -> tuple[float, float]:
        """Return the chance that T_k is the first beyond its boundary, and its slope.

        Args:
            tail: The boundary, as the chance that T_k lies beyond it on one side.
        """
        beyond = np.minimum(self.inner, tail) - self.outer
        rising = (self.outer < tail) & (tail < self.inner)
        return 2.0 * float(np.maximum(beyond, 0.0).mean()), 2.0 * float(rising.mean())

    def tail_of(self, target: float) -> float:
        """Return the tail of the boundary that is crossed for the first time with chance `target`.

        By Newton's steps, held between two bounds that close in; the chance is never above 2 tail.
        """
        low, high = target / 2.0, self.most
        guess = low
        while high / low - 1.0 > _CLOSE:
            found, slope = self.chance(guess)
            if abs(found / target - 1.0) < _CLOSE:
                break
            low, high = (guess, high) if found < target else (low, guess)
            step = guess - (found - target) / slope if slope else math.inf
            guess = step if low < step < high else math.sqrt(low) * math.sqrt(high)
        return guess


def _first_crossings(
    looks: tuple[int, ...], earlier: tuple[float, ...], most: float
) -> _FirstCrossings:
    n, now = looks[-1], path_at(looks)
    low, high = np.full_like(now.mean, -np.inf), np.full_like(now.mean, np.inf)
    for index, p in enumerate(earlier):
        if p == 0.0:
            continue
        count, then = looks[index], path_at(looks[: index + 1])
        width = critical_t(count, p) * np.sqrt(then.squares / (count * (count - 1)))
        residual = then.mean - now.mean
        np.maximum(low, -width - residual, out=low)
        np.minimum(high, width - residual, out=high)
    scale = math.sqrt(n * (n - 1)) / np.sqrt(now.squares)
    # A shape and its mirror image are as likely: both sides are tails of one kind.
    begins, ends = (np.concatenate(sides) * np.tile(scale, 2) for sides in _sides(low, high))
    nearest = critical_t(n, 2.0 * most)
    return _FirstCrossings(_tails(begins, n, nearest), _tails(ends, n, nearest), most)


def _sides(low: Array, high: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    return (low, -high), (high, -low)


def _tails(t: Array, n: int, nearest: float) -> Array:
    """Return the chance beyond each t, and 1 for those that lie below `nearest`."""
    from scipy.special import stdtr

    tails = np.ones_like(t)
    far = t > nearest
    tails[far] = stdtr(n - 1, -t[far])
    return tails
