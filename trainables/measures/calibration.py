"""How far confidence is from the share of right answers, in bins of confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.records import Bools, Floats

BINS = 15


@dataclass(frozen=True)
class Bins:
    """Images by confidence.

    Attributes:
        count: (B,), images.
        confidence: (B,), their mean largest probability; NaN in an empty bin.
        accuracy: (B,), the share of right answers among them, likewise.
    """

    count: Floats
    confidence: Floats
    accuracy: Floats

    @property
    def error(self) -> float:
        """Σ_b (n_b/n)·|acc_b − conf_b|."""
        gap = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float((self.count * gap).sum() / self.count.sum())


def equal_width(confidence: Floats, correct: Bools, bins: int = BINS) -> Bins:
    """Return images in bins ((b−1)/B, b/B] of confidence; the last holds those that are sure."""
    index = np.ceil(confidence * bins).astype(np.int64) - 1
    return _binned(index.clip(0, bins - 1), confidence, correct, bins)


def equal_mass(confidence: Floats, correct: Bools, bins: int = BINS) -> Bins:
    """Return images in bins of the same number, one more or less, in order of confidence."""
    index = np.empty(len(confidence), np.int64)
    order = np.argsort(confidence, kind="stable")
    index[order] = np.arange(len(confidence)) * bins // max(1, len(confidence))
    return _binned(index, confidence, correct, bins)


def _binned(index: npt.NDArray[np.int64], confidence: Floats, correct: Bools, bins: int) -> Bins:
    count = np.bincount(index, minlength=bins).astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(index, confidence, bins) / count
        accuracy = np.bincount(index, correct, bins) / count
    return Bins(count, mean, accuracy)


class _Calibration(Measure):
    unit = "%"
    better = "less"
    decimals = 2
    most = 100.0


@register_measure("ece")
class ECE(_Calibration):
    """100 · Σ_b (n_b/n)·|acc_b − conf_b| over 15 bins of equal width, of the top class."""

    title = "expected calibration error"
    symbol = "ECE"
    citation = "Guo et al., On Calibration of Modern Neural Networks, ICML 2017, eq. 3"
    needs = ("label", "prediction", "log_confidence")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return 100.0 * equal_width(*raw(records)).error


@register_measure("ece.t")
class TemperedECE(_Calibration):
    """``ece`` of softmax(z/T), T fitted on other images."""

    title = "expected calibration error after temperature"
    symbol = "ECE (T)"
    citation = "Guo et al., ICML 2017, eq. 3 and section 4.2"
    needs = ("label", "prediction", "tempered_log_confidence")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return 100.0 * equal_width(*tempered(records)).error


@register_measure("ece_mass")
class MassECE(_Calibration):
    """``ece`` over 15 bins of equally many images."""

    title = "expected calibration error, bins of equal mass"
    symbol = "ECE (mass)"
    citation = "Nixon et al., Measuring Calibration in Deep Learning, CVPR Workshops 2019"
    needs = ("label", "prediction", "log_confidence")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return 100.0 * equal_mass(*raw(records)).error


@register_measure("ece_mass.t")
class TemperedMassECE(_Calibration):
    """``ece_mass`` of softmax(z/T), T fitted on other images."""

    title = "expected calibration error after temperature, bins of equal mass"
    symbol = "ECE (mass, T)"
    citation = "Nixon et al., CVPR Workshops 2019; Guo et al., ICML 2017, section 4.2"
    needs = ("label", "prediction", "tempered_log_confidence")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return 100.0 * equal_mass(*tempered(records)).error


def raw(records: Records) -> tuple[Floats, Bools]:
    """Return each image's largest probability, and whether the answer is right."""
    assert records.log_confidence is not None
    return np.exp(records.log_confidence.astype(np.float64)), records.correct


def tempered(records: Records) -> tuple[Floats, Bools]:
    """Return the same after temperature."""
    assert records.tempered_log_confidence is not None
    return np.exp(records.tempered_log_confidence.astype(np.float64)), records.correct
