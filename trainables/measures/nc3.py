"""Neural collapse 3 and 4: the classifier and the class means say the same."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.nc2 import centred, frame_distance

_PAPER = "Papyan, Han, Donoho, PNAS 117 (2020)"


@register_measure("nc3")
class NC3(Measure):
    """‖ W/‖W‖_F − M/‖M‖_F ‖_F², M the centred class means; from 0 to 4."""

    title = "NC3: classifier off class means"
    symbol = "NC3"
    better = "less"
    most = 4.0
    citation = f"{_PAPER}, NC3, figure 5"
    needs = ("class_mean", "class_weight")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_mean is not None
        assert records.class_weight is not None
        means = centred(records.class_mean)
        weights = records.class_weight.astype(np.float64)
        off = weights / np.linalg.norm(weights) - means / np.linalg.norm(means)
        return float((off**2).sum())


@register_measure("nc3.frame")
class FrameNC3(Measure):
    """‖ WMᵀ/‖WMᵀ‖_F − (I − 11ᵀ/K)/√(K−1) ‖_F, M the centred class means."""

    title = "NC3: classifier times class means off a simplex frame"
    symbol = "NC3 (frame)"
    better = "less"
    citation = "Zhu et al., NeurIPS 2021, section 5"
    needs = ("class_mean", "class_weight")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.class_mean is not None
        assert records.class_weight is not None
        weights = records.class_weight.astype(np.float64)
        return frame_distance(weights, centred(records.class_mean))


@register_measure("nc4")
class NC4(Measure):
    """100 · share of images with argmax_k z_k ≠ argmin_c ‖f − μ_c‖."""

    title = "NC4: answers other than the nearest class mean"
    symbol = "NC4"
    unit = "%"
    better = "less"
    decimals = 2
    most = 100.0
    citation = f"{_PAPER}, NC4, figure 7"
    needs = ("prediction", "nearest")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.nearest is not None
        return float(100.0 * (records.prediction != records.nearest).mean())
