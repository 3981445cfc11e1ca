"""Which points are hopeless after some of their seeds, so that the rest is spared.

A point is judged as everything of a search is chosen: by the outcomes that its point was chosen
from, never by what happens to have finished meanwhile. It is compared with the best of those, on
the seeds that it has been trained with so far, and looked at after each but the last, which
leaves nothing to spare. The looks at a point share one level (Bonferroni).

Two rules. ``wilcoxon`` is the signed-rank test of Optuna's `WilcoxonPruner`, at its level, with its
looks corrected. It knows nothing but the order of differences: of n seeds that are all worse it can
say no more than p = 1/2**n, which takes five seeds to be of use. ``paired`` says something after
the first seed, because it takes the spread between seeds from points that have all of theirs: it
is a paired t-test whose variance is the residual one of the better half of those points, after the
means of points and of seeds (a randomised block design). The better half, since points that learn
nothing spread otherwise than those that a hopeless one would have to beat.

The best is the best of several by luck too, which makes every other look worse than it is. So more
points are spared than the level says; what that costs is a point's further seeds, and no claim
rests on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from incay.study.search.outcomes import Outcome

LEVEL = 0.1
"""Of all looks at one point, one-sided: the default of Optuna's `WilcoxonPruner`."""
_LEAST_POINTS = 3
"""With all of their seeds, before a spread is taken from them."""

_Floats = npt.NDArray[np.float64]


class RaceJudge:
    """Judges one point, seed by seed.

    Args:
        rule: ``paired`` or ``wilcoxon``.
        seeds: With how many seeds a point is trained.
        directions: ``min`` or ``max`` of each objective, the winner's first.
        seen: The outcomes that the point was chosen from, by number.
    """

    def __init__(
        self, rule: str, *, seeds: int, directions: Sequence[str], seen: Mapping[int, Outcome]
    ) -> None:
        self._rule = rule
        self._seeds = seeds
        self._sign = 1.0 if directions[0] == "min" else -1.0
        whole = [
            np.array(outcome.by_seed) for outcome in seen.values() if len(outcome.by_seed) == seeds
        ]
        self._ranked = sorted(whole, key=lambda values: self._sign * float(values[:, 0].mean()))

    def spares(self, values: Sequence[Sequence[float]]) -> bool:
        """Return whether to spare the seeds that are left.

        Args:
            values: (seeds so far, objectives).
        """
        if not self._ranked or not 0 < len(values) < self._seeds:
            return False
        differences = self._sign * self._differences(values)[:, 0]
        if self._rule == "wilcoxon":
            return _is_ranked_worse(differences, self._seeds)
        better = self._ranked[: max(_LEAST_POINTS, math.ceil(len(self._ranked) / 2))]
        if len(better) < _LEAST_POINTS:
            return False
        return _is_worse(differences, np.stack([point[:, 0] for point in better]), self._seeds)

    def estimate(self, values: Sequence[Sequence[float]]) -> tuple[float, ...]:
        """Return what a point would have with all seeds: the best's means and the difference.

        A seed that is easy for one point is easy for most, so that the mean over some seeds is
        another quantity than the mean over all.

        Args:
            values: (seeds so far, objectives).
        """
        if not self._ranked:
            return tuple(float(each) for each in np.array(values).mean(axis=0))
        means = self._ranked[0].mean(axis=0) + self._differences(values).mean(axis=0)
        return tuple(float(each) for each in means)

    def _differences(self, values: Sequence[Sequence[float]]) -> _Floats:
        """Return (seeds so far, objectives) minus the best point's on the same seeds."""
        best: _Floats = self._ranked[0][: len(values)]
        return np.array(values, dtype=np.float64) - best


def _is_worse(differences: _Floats, points: _Floats, seeds: int) -> bool:
    """Return the verdict of the paired t-test.

    Args:
        differences: (seeds so far,), positive where the point is worse.
        points: (points, seeds), from which the spread is taken.
        seeds: With how many a point is trained.
    """
    from scipy import stats

    residuals = points - points.mean(axis=1, keepdims=True) - points.mean(axis=0) + points.mean()
    freedom = (points.shape[0] - 1) * (points.shape[1] - 1)
    noise = math.sqrt(float((residuals**2).sum()) / freedom)
    if noise <= 1e-9 * float(np.abs(points).max()):  # rounding: nothing is seen of the spread
        return False
    statistic = float(differences.mean()) / (noise * math.sqrt(2.0 / len(differences)))
    return statistic > float(stats.t.ppf(1.0 - LEVEL / (seeds - 1), freedom))


def _is_ranked_worse(differences: _Floats, seeds: int) -> bool:
    """Return the verdict of the signed-rank test, after as many seeds as it needs for one."""
    from scipy import stats

    # Looks that could never conclude take no share of the level.
    first = next(look for look in range(1, seeds) if 0.5**look <= LEVEL / (seeds - look))
    if len(differences) < first:
        return False
    tested = stats.wilcoxon(differences, alternative="greater", zero_method="zsplit")
    return float(tested.pvalue) <= LEVEL / (seeds - first)
