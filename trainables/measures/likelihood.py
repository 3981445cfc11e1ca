"""Proper scores: how probable the true classes were, and the squared error of probabilities."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.records import Floats


@register_measure("nll")
class NLL(Measure):
    """Mean −log p_y, p = softmax(z) of plain logits; equal to ``loss`` of an evaluated split."""

    title = "negative log-likelihood"
    symbol = "NLL"
    better = "less"
    citation = "Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 2"
    needs = ("loss",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return float(records.loss.mean(dtype=np.float64))


@register_measure("nll.t")
class TemperedNLL(Measure):
    """Mean −log p_y, p = softmax(z/T), T fitted on other images."""

    title = "negative log-likelihood after temperature"
    symbol = "NLL (T)"
    better = "less"
    citation = "Guo et al., ICML 2017, section 4.2"
    needs = ("tempered_loss",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.tempered_loss is not None
        return float(records.tempered_loss.mean(dtype=np.float64))


@register_measure("temperature")
class Temperature(Measure):
    """T that minimises the mean −log p_y, p = softmax(z/T); geometric mean where there are two."""

    title = "fitted temperature"
    symbol = "T"
    citation = "Guo et al., ICML 2017, section 4.2"
    needs = ("temperature",)

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.temperature is not None
        return float(np.exp(np.log(records.temperature.astype(np.float64)).mean()))


@register_measure("brier")
class Brier(Measure):
    """Mean Σ_k (p_k − 1[k = y])², from 0 to 2."""

    title = "Brier score"
    better = "less"
    most = 2.0
    citation = "Brier, Monthly Weather Review 78 (1950), eq. 2"
    needs = ("loss", "squares")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.squares is not None
        return _brier(records.loss, records.squares)


@register_measure("brier.t")
class TemperedBrier(Measure):
    """Mean Σ_k (p_k − 1[k = y])², p = softmax(z/T), T fitted on other images."""

    title = "Brier score after temperature"
    symbol = "Brier score (T)"
    better = "less"
    most = 2.0
    citation = "Brier 1950, eq. 2; Guo et al., ICML 2017, section 4.2"
    needs = ("tempered_loss", "tempered_squares")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        assert records.tempered_loss is not None
        assert records.tempered_squares is not None
        return _brier(records.tempered_loss, records.tempered_squares)


def _brier(loss: Floats, squares: Floats) -> float:
    """Return the mean of Σ p_k² − 2p_y + 1."""
    target = np.exp(-loss.astype(np.float64))
    each = squares.astype(np.float64) - 2.0 * target + 1.0
    return float(each.clip(0.0).mean())  # rounding of the parts makes no perfect answer better
