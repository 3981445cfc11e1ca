"""Class means and scatter of a split's features.

Legend of shape suffixes: N images, K classes that have images, D feature dimension, R directions in
which class means differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from incay.trainables.measures.records import Floats, Integers

_AT_ONCE = 2**22


def class_columns(feature_ND: Floats, label_N: Integers, vectors: Floats | None) -> dict[str, Any]:
    """Return what `incay.trainables.measures.Records` holds of classes, and `nearest`.

    Everything is summed in float64, class by class. There is nothing where a feature is not finite.

    Args:
        feature_ND: float32.
        label_N: Their classes.
        vectors: The classifier's weights of all classes, those without images among them.
    """
    if not np.isfinite(feature_ND).all():
        return {}
    classes = np.unique(label_N)
    order = np.argsort(label_N, kind="stable")
    ends = np.searchsorted(label_N[order], classes, side="right")
    members = np.split(order, ends[:-1]) if len(classes) else []
    mean_KD = np.zeros((len(classes), feature_ND.shape[1]))
    unit_KD = np.zeros_like(mean_KD)
    within_K = np.zeros(len(classes))
    for index, chosen in enumerate(members):
        own = feature_ND[chosen].astype(np.float64)
        mean_KD[index] = own.mean(axis=0)
        within_K[index] = ((own - mean_KD[index]) ** 2).sum(axis=1).mean()
        length = np.linalg.norm(own, axis=1, keepdims=True)
        unit_KD[index] = np.divide(own, length, where=length > 0, out=np.zeros_like(own)).mean(0)
    between_R, direction_RD = _between(mean_KD)
    within_R = np.zeros(len(between_R))
    for index, chosen in enumerate(members):
        off = (feature_ND[chosen].astype(np.float64) - mean_KD[index]) @ direction_RD.T
        within_R += (off**2).sum(axis=0) / len(label_N)
    found = {
        "class_label": classes,
        "class_count": np.array([len(chosen) for chosen in members], np.int64),
        "class_mean": mean_KD.astype(np.float32),
        "class_within": within_K,
        "between_part": between_R,
        "within_part": within_R,
        "unit_mean": (unit_KD**2).sum(axis=1),
        "unit_overall": unit_KD @ unit_KD.mean(axis=0),
        "nearest": classes[_nearest(feature_ND, mean_KD)],
    }
    return found if vectors is None else {**found, "class_weight": vectors[classes]}


def _between(mean_KD: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues of Σ_B that are not 0, and their eigenvectors (R, D).

    Σ_B = MᵀM/K has at most K − 1 of them; what rounding leaves of further ones is cut off.
    """
    centred = mean_KD - mean_KD.mean(axis=0)
    _, values, rows = np.linalg.svd(centred, full_matrices=False)
    least = values.max(initial=0.0) * max(centred.shape) * np.finfo(np.float64).eps
    kept = values[: len(mean_KD) - 1] > least
    chosen = np.flatnonzero(kept)
    return values[chosen] ** 2 / len(mean_KD), rows[chosen]


def _nearest(feature_ND: Floats, mean_KD: Floats) -> Integers:
    """Return the index of the nearest class mean of each image."""
    half_K = 0.5 * (mean_KD**2).sum(axis=1)
    rows = max(1, _AT_ONCE // max(1, len(mean_KD)))
    parts = [
        (feature_ND[start : start + rows].astype(np.float64) @ mean_KD.T - half_K).argmax(axis=1)
        for start in range(0, len(feature_ND), rows)
    ]
    return np.concatenate(parts).astype(np.int64)
