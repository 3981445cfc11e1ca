"""What a trained model said of each evaluated image.

Legend of shape suffixes: N images, D feature dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from incay.analysis.errors import AnalysisError
from incay.analysis.results.study import StudyResults, Trial

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Per-sample evaluation of one trial, in the split's order.

    Attributes:
        split: ``test`` or ``val``.
        label: (N,), the true class.
        prediction: (N,), the predicted class.
        loss: (N,), cross entropy of the plain logits.
        norm: (N,), ‖f‖.
        features: (N, 2) where the feature is two-dimensional, else None.
    """

    split: str
    label: Integers
    prediction: Integers
    loss: Floats
    norm: Floats
    features: Floats | None

    @cached_property
    def correct(self) -> Bools:
        """(N,), whether the prediction is right."""
        right: Bools = self.prediction == self.label
        return right


def read_samples(results: StudyResults, trial: Trial) -> Samples:
    """Return the per-sample evaluation of a completed trial.

    Raises:
        AnalysisError: The trial has none, or it is damaged or of another split than the study's
            tables.
    """
    if trial.fingerprint not in results.cache:
        results.cache[trial.fingerprint] = _read(results, trial)
    samples: Samples = results.cache[trial.fingerprint]
    return samples


def _read(results: StudyResults, trial: Trial) -> Samples:
    table = results.read(trial, "samples") if trial.is_whole else None
    if table is None:
        raise AnalysisError(
            f"trial {trial.fingerprint} ({trial.arm}) must have per-sample records, but has none"
        )
    split = (table.schema.metadata or {}).get(b"split", b"test").decode()
    if split != results.split:
        raise AnalysisError(
            f"per-sample records of trial {trial.fingerprint} must be of the {results.split} "
            f"split, but are of {split}"
        )
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    two = "feature_0" in columns and "feature_1" in columns and "feature_2" not in columns
    return Samples(
        split=split,
        label=columns["label"].astype(np.int64),
        prediction=columns["prediction"].astype(np.int64),
        loss=columns["loss"].astype(np.float64),
        norm=columns["norm"].astype(np.float64),
        features=np.stack([columns["feature_0"], columns["feature_1"]], 1).astype(np.float64)
        if two
        else None,
    )
