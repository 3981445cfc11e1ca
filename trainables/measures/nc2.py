"""Neural collapse 2: class means, and classifier weights, form a simplex equiangular tight frame.

Shape suffixes: K classes, D feature dimension.
"""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.records import Floats

_BLOCK = 512
_PAPER = "Papyan, Han, Donoho, PNAS 117 (2020)"


def centred(means_KD: Floats) -> Floats:
    """Return class means minus their mean, float64."""
    wide = means_KD.astype(np.float64)
    off: Floats = wide - wide.mean(axis=0)
    return off


def frame_distance(left_KD: Floats, right_KD: Floats) -> float:
    """Return ‖ LRᵀ/‖LRᵀ‖_F − (I − 11ᵀ/K)/√(K−1) ‖_F, in blocks of rows."""
    classes = len(left_KD)
    if classes < 2:
        return float("nan")
    blocks = range(0, classes, _BLOCK)
    length = np.sqrt(sum(((left_KD[i : i + _BLOCK] @ right_KD.T) ** 2).sum() for i in blocks))
    total = 0.0
    for start in blocks:
        block = left_KD[start : start + _BLOCK] @ right_KD.T / length
        rows = np.arange(len(block))
        block += 1.0 / (classes * np.sqrt(classes - 1.0))
        block[rows, start + rows] -= 1.0 / np.sqrt(classes - 1.0)
        total += float((block**2).sum())
    return float(np.sqrt(total))


def spread_of_norms(vectors_KD: Floats) -> float:
    """Return the standard deviation of the rows' norms divided by their mean."""
    norms = np.linalg.norm(vectors_KD.astype(np.float64), axis=1)
    return float(norms.std() / norms.mean())


@register_measure("nc2")
class NC2(Measure):
    """‖ MMᵀ/‖MMᵀ‖_F − (I − 11ᵀ/K)/√(K−1) ‖_F, M the centred class means."""

    title = "NC2: class means off a simplex frame"
    symbol = "NC2"
    better = "less"
    citation = f"{_PAPER}, NC2; as one number: Zhu et al., NeurIPS 2021, section 5"
    needs = ("class_mean",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_mean is not None
        means = centred(records.class_mean)
        return frame_distance(means, means)


@register_measure("nc2.weights")
class WeightsNC2(Measure):
    """‖ WWᵀ/‖WWᵀ‖_F − (I − 11ᵀ/K)/√(K−1) ‖_F, W the classifier's weights."""

    title = "NC2: classifier weights off a simplex frame"
    symbol = "NC2 (W)"
    better = "less"
    citation = "Zhu et al., NeurIPS 2021, section 5"
    needs = ("class_weight",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_weight is not None
        weights = records.class_weight.astype(np.float64)
        return frame_distance(weights, weights)


@register_measure("nc2.norms")
class NormsNC2(Measure):
    """std/mean of ‖μ_c − μ_G‖ over classes."""

    title = "NC2: spread of class means' lengths"
    symbol = "NC2 (norms)"
    better = "less"
    citation = f"{_PAPER}, NC2, figure 2"
    needs = ("class_mean",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_mean is not None
        return spread_of_norms(centred(records.class_mean))


@register_measure("nc2.angles")
class AnglesNC2(Measure):
    """Σ_{i≠j} |cos(μ_i − μ_G, μ_j − μ_G) + 1/(K−1)| / (K(K−1))."""

    title = "NC2: class means' angles off equal"
    symbol = "NC2 (angles)"
    better = "less"
    citation = f"{_PAPER}, NC2, figure 4"
    needs = ("class_mean",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_mean is not None
        means = centred(records.class_mean)
        classes = len(means)
        if classes < 2:
            return float("nan")
        unit = means / np.linalg.norm(means, axis=1, keepdims=True)
        total = 0.0
        for start in range(0, classes, _BLOCK):
            block = np.abs(unit[start : start + _BLOCK] @ unit.T + 1.0 / (classes - 1.0))
            rows = np.arange(len(block))
            block[rows, start + rows] = 0.0
            total += float(block.sum())
        return total / (classes * (classes - 1.0))
