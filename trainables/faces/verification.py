"""Face verification by pairs of images: the test of a set whose test people are unknown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.trainables.data.base import FeaturesOf
from incay.trainables.faces.protocol import FoldedScores, cross_validate
from incay.trainables.faces.roc import RocCurve, roc_curve


@dataclass(frozen=True)
class FaceResult:
    """What verification found.

    Attributes:
        pairs: What was compared.
        features: (images, 2 D), [f(x), f(flipped x)].
        folded: Scores, and accuracy by fold.
    """

    pairs: FaceVerification
    features: npt.NDArray[np.float32]
    folded: FoldedScores

    @cached_property
    def roc(self) -> RocCurve:
        """Over the scores of all pairs, each from the fold in which it was tested."""
        return roc_curve(self.folded.scores_P, self.pairs.same)

    def metrics(self) -> dict[str, float]:
        """Return what a report shows, in percent but for ``norm``.

        Keys: ``error`` (100 − mean accuracy of the folds), ``error_se`` (its standard error),
        ``auc``, ``eer``, ``tar_at_far_1e-2``, ``tar_at_far_1e-3``, and ``norm``, the mean ‖f‖
        of the images as they are.
        """
        dimension = self.features.shape[1] // 2
        norms = np.linalg.norm(self.features[:, :dimension].astype(np.float64), axis=1)
        return {
            "error": 100.0 * (1.0 - self.folded.accuracy),
            "error_se": 100.0 * self.folded.standard_error,
            "auc": 100.0 * self.roc.auc,
            "eer": 100.0 * self.roc.eer,
            "tar_at_far_1e-2": 100.0 * self.roc.tar_at(1e-2),
            "tar_at_far_1e-3": 100.0 * self.roc.tar_at(1e-3),
            "norm": float(norms.mean()),
        }

    def tables(self) -> dict[str, pa.Table]:
        """Return ``pairs`` and ``features``, enough to judge the trial again in other ways.

        ``pairs``: first and second (rows of ``features``), fold, same and score of each pair.
        ``features``: one row per image, with the list ``feature`` of 2 D numbers.
        """
        pairs = self.pairs
        columns = {
            "first": pairs.first,
            "second": pairs.second,
            "fold": pairs.fold,
            "same": pairs.same,
            "score": self.folded.scores_P,
        }
        flat = pa.array(self.features.ravel(), pa.float32())
        rows = pa.FixedSizeListArray.from_arrays(flat, self.features.shape[1])
        return {"pairs": pa.table(columns), "features": pa.table({"feature": rows})}


@dataclass(frozen=True)
class FaceVerification:
    """Pairs of images, in folds.

    Attributes:
        images: (images, channels, height, width), uint8.
        first: (pairs,), index of each pair's first image.
        second: (pairs,), index of its second image.
        same: (pairs,), whether both show one person.
        fold: (pairs,), in which fold the pair is tested.
    """

    images: npt.NDArray[np.uint8]
    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]

    def evaluate(self, features_of: FeaturesOf) -> FaceResult:
        """Return the result for the features of the images and of their mirror images."""
        flipped = np.ascontiguousarray(self.images[..., ::-1])
        features = np.concatenate([features_of(self.images), features_of(flipped)], axis=1)
        folded = cross_validate(features, self.first, self.second, self.same, self.fold)
        return FaceResult(self, features, folded)
