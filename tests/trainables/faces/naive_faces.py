"""The face protocol written out in loops, from the SphereFace authors' description."""

from __future__ import annotations

import math
from collections.abc import Sequence


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Cosine of two vectors; 0 where one is zero."""
    product = sum(x * y for x, y in zip(a, b, strict=True))
    norms = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
    return product / norms if norms else 0.0


def accuracy(scores: Sequence[float], same: Sequence[bool], threshold: float) -> float:
    """Share of pairs judged right."""
    right = sum((score > threshold) == flag for score, flag in zip(scores, same, strict=True))
    return right / len(scores)


def best_threshold(scores: Sequence[float], same: Sequence[bool], steps: int) -> float:
    """Mean of the best among 2·steps + 1 thresholds in [-1, 1]."""
    thresholds = [index / steps for index in range(-steps, steps + 1)]
    values = [accuracy(scores, same, threshold) for threshold in thresholds]
    best = [t for t, value in zip(thresholds, values, strict=True) if value == max(values)]
    return sum(best) / len(best)


def fold_accuracies(
    features: Sequence[Sequence[float]],
    pairs: Sequence[tuple[int, int, bool, int]],
    steps: int,
) -> list[float]:
    """Accuracy of each fold; a pair is (first, second, same, fold)."""
    results = []
    for tested in sorted({fold for *_, fold in pairs}):
        others = [pair for pair in pairs if pair[3] != tested]
        members = [features[index] for pair in others for index in pair[:2]]
        mean = [sum(column) / len(members) for column in zip(*members, strict=True)]

        def score(pair: tuple[int, int, bool, int], mean: Sequence[float] = mean) -> float:
            centred = [
                [x - m for x, m in zip(features[index], mean, strict=True)] for index in pair[:2]
            ]
            return cosine(centred[0], centred[1])

        threshold = best_threshold([score(p) for p in others], [p[2] for p in others], steps)
        fold = [pair for pair in pairs if pair[3] == tested]
        results.append(accuracy([score(p) for p in fold], [p[2] for p in fold], threshold))
    return results


def auc(scores: Sequence[float], same: Sequence[bool]) -> float:
    """How often a same pair scores above a different one; a tie counts half."""
    same_scores = [score for score, flag in zip(scores, same, strict=True) if flag]
    other_scores = [score for score, flag in zip(scores, same, strict=True) if not flag]
    wins = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in same_scores for b in other_scores)
    return wins / (len(same_scores) * len(other_scores))


def tar_at(scores: Sequence[float], same: Sequence[bool], far: float) -> float:
    """Largest true accept rate of a threshold whose false accept rate is at most `far`."""
    best = 0.0
    for threshold in scores:
        accepted = [score >= threshold for score in scores]
        false = sum(a and not flag for a, flag in zip(accepted, same, strict=True))
        true = sum(a and flag for a, flag in zip(accepted, same, strict=True))
        if false <= far * (len(same) - sum(same)):
            best = max(best, true / sum(same))
    return best
