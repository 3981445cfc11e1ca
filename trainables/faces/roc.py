"""ROC curve of verification scores, and the numbers that are read from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RocCurve:
    """True accept rate over false accept rate, from (0, 0) to (1, 1).

    Attributes:
        far: Share of different pairs accepted, rising.
        tar: Share of same pairs accepted, rising.
    """

    far: Floats
    tar: Floats

    @property
    def auc(self) -> float:
        """Area under the curve: how often a same pair scores above a different one.

        A tie counts half.
        """
        return float(np.trapezoid(self.tar, self.far))

    @property
    def eer(self) -> float:
        """Equal error rate: where as many different pairs are accepted as same ones refused.

        Interpolated along the curve.
        """
        gap = self.far - (1.0 - self.tar)  # rises from -1 to 1
        above = int(np.argmax(gap >= 0.0))
        below = above - 1
        share = -gap[below] / (gap[above] - gap[below])
        return float(self.far[below] + share * (self.far[above] - self.far[below]))

    def tar_at(self, far: float) -> float:
        """Return the largest true accept rate with a false accept rate of at most `far`.

        It is not interpolated: with fewer than 1/far different pairs, none may be accepted.
        """
        return float(self.tar[self.far <= far].max())


def roc_curve(scores: Floats, same: npt.NDArray[np.bool_]) -> RocCurve:
    """Return the curve of accepting all pairs whose score is at or above a threshold.

    Args:
        scores: (pairs,), higher is more alike.
        same: (pairs,), whether a pair is one of the same person; both kinds must occur.

    Raises:
        ValueError: One of the kinds does not occur.
    """
    if same.all() or not same.any():
        raise ValueError("same and different pairs must be given, but got one kind only")
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    # Pairs with equal scores are accepted together: the curve has one point for them.
    last_of_ties = np.append(ordered[1:] != ordered[:-1], True)
    tar = np.cumsum(same[order])[last_of_ties] / same.sum()
    far = np.cumsum(~same[order])[last_of_ties] / (~same).sum()
    return RocCurve(np.insert(far, 0, 0.0), np.insert(tar, 0, 0.0))
