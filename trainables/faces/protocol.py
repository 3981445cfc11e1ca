"""LFW's cross-validated verification accuracy, as the SphereFace authors compute it.

Shape suffixes: N images, D length of a feature, P pairs, F folds, T thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

THRESHOLD_STEPS = 10_000
"""Thresholds tried on either side of zero (SphereFace authors' evaluation)."""

CHUNK = 512
"""Pairs or images that are held in float64 at a time."""


@dataclass(frozen=True)
class FoldedScores:
    """What cross-validation found.

    Attributes:
        scores_P: Cosine of each pair, centred for the fold in which it was tested.
        thresholds_F: Best of the other folds.
        accuracies_F: Share of the fold's pairs judged right, at that threshold.
    """

    scores_P: Floats
    thresholds_F: Floats
    accuracies_F: Floats

    @property
    def accuracy(self) -> float:
        """Mean over folds."""
        return float(self.accuracies_F.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean over folds."""
        return float(self.accuracies_F.std(ddof=1) / math.sqrt(len(self.accuracies_F)))


def cross_validate(
    features_ND: npt.NDArray[np.floating],
    first_P: npt.NDArray[np.int64],
    second_P: npt.NDArray[np.int64],
    same_P: npt.NDArray[np.bool_],
    fold_P: npt.NDArray[np.int64],
) -> FoldedScores:
    """Test each fold with the mean feature and the threshold of all others.

    For each fold, the mean feature of the other folds' pairs is subtracted from all features;
    a pair's score is the cosine of its two; the threshold that judges most of the other
    folds' pairs right is applied to the fold's own.

    Args:
        features_ND: One per image: [f(x), f(flipped x)] in the published protocol.
        first_P: Index of each pair's first image.
        second_P: Index of each pair's second image.
        same_P: Whether a pair shows one person.
        fold_P: In which fold it is tested; two different values or more.

    Raises:
        ValueError: There is one fold only.
    """
    folds = np.unique(fold_P)
    if len(folds) < 2:
        raise ValueError(f"2 folds or more must be given, but got {len(folds)}")
    scores_P = np.empty(len(fold_P))
    thresholds, accuracies = [], []
    for fold in folds:
        tested_P = fold_P == fold
        others_P = ~tested_P
        mean_D = _mean_feature(features_ND, first_P[others_P], second_P[others_P])
        centred_P = cosine(features_ND, first_P, second_P, mean_D)
        threshold = best_threshold(centred_P[others_P], same_P[others_P])
        judged_same = centred_P[tested_P] > threshold
        scores_P[tested_P] = centred_P[tested_P]
        thresholds.append(threshold)
        accuracies.append(np.mean(judged_same == same_P[tested_P]))
    return FoldedScores(scores_P, np.array(thresholds), np.array(accuracies))


def cosine(
    features_ND: npt.NDArray[np.floating],
    first_P: npt.NDArray[np.int64],
    second_P: npt.NDArray[np.int64],
    mean_D: Floats,
) -> Floats:
    """Return the cosine of each pair's features after subtraction of the mean.

    It is 0 where a feature equals the mean: such a pair is as unlike as it is alike.
    """
    norms_N = np.empty(len(features_ND))
    for chunk in _chunks(len(features_ND)):
        norms_N[chunk] = np.linalg.norm(features_ND[chunk] - mean_D, axis=1)
    norms_P = norms_N[first_P] * norms_N[second_P]
    products_P = np.empty(len(first_P))
    for chunk in _chunks(len(first_P)):
        a = features_ND[first_P[chunk]] - mean_D
        b = features_ND[second_P[chunk]] - mean_D
        products_P[chunk] = np.einsum("pd,pd->p", a, b)
    return np.divide(products_P, norms_P, out=np.zeros_like(products_P), where=norms_P != 0)


def best_threshold(scores_P: Floats, same_P: npt.NDArray[np.bool_]) -> float:
    """Return the mean of the thresholds in [-1, 1], in steps of 1e-4, that judge most right.

    A pair is judged the same where its score is above the threshold. (The authors count a
    score that equals the threshold as wrong either way; it is judged different here, so that
    the accuracy is that of a rule.)
    """
    thresholds_T = np.arange(-THRESHOLD_STEPS, THRESHOLD_STEPS + 1) / THRESHOLD_STEPS
    accepted_T = _count_above(scores_P[same_P], thresholds_T)
    false_accepted_T = _count_above(scores_P[~same_P], thresholds_T)
    right_T = accepted_T - false_accepted_T
    return float(thresholds_T[right_T == right_T.max()].mean())


def _count_above(scores: Floats, thresholds_T: Floats) -> npt.NDArray[np.int64]:
    ranks: npt.NDArray[np.int64] = np.searchsorted(np.sort(scores), thresholds_T, side="right")
    return len(scores) - ranks


def _mean_feature(
    features_ND: npt.NDArray[np.floating],
    first_P: npt.NDArray[np.int64],
    second_P: npt.NDArray[np.int64],
) -> Floats:
    """Return the mean over all pairs' two features: an image counts once for each pair."""
    counts_N = np.bincount(np.concatenate([first_P, second_P]), minlength=len(features_ND))
    total_D = np.zeros(features_ND.shape[1])
    for chunk in _chunks(len(features_ND)):
        total_D += counts_N[chunk] @ features_ND[chunk].astype(np.float64)
    mean_D: Floats = total_D / counts_N.sum()
    return mean_D


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, start + CHUNK)
