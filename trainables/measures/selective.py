"""How well a score says which answers are wrong: the error among those that one keeps."""

from __future__ import annotations

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.records import Bools, Floats


def risk_coverage(score: Floats, correct: Bools) -> tuple[Floats, Floats]:
    """Return coverage i/N and the share of wrong answers among the i with the largest scores.

    Images of one score have no order: among them wrong answers count as spread evenly, so that
    nothing depends on how the images happen to lie.
    """
    order = np.argsort(-score, kind="stable")
    ranked, wrong = score[order], (~correct[order]).astype(np.float64)
    _, first, count = np.unique(-ranked, return_index=True, return_counts=True)
    share = np.add.reduceat(wrong, first) / count
    kept = np.arange(1, len(score) + 1)
    return kept / len(score), np.repeat(share, count).cumsum() / kept


class _AURC(Measure):
    unit = "%"
    better = "less"
    decimals = 3
    most = 100.0


@register_measure("aurc")
class AURC(_AURC):
    """100 · mean over i of the share of wrong answers among the i most confident ones."""

    title = "area under risk-coverage by confidence"
    symbol = "AURC"
    citation = "Geifman, Uziel, El-Yaniv, Bias-Reduced Uncertainty Estimation, ICLR 2019, eq. 2"
    needs = ("label", "prediction", "log_confidence")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        # The logarithm tells sure answers apart whose probabilities round to 1.
        assert records.log_confidence is not None
        return float(100.0 * risk_coverage(records.log_confidence, records.correct)[1].mean())


@register_measure("aurc.norm")
class NormAURC(_AURC):
    """100 · mean over i of the share of wrong answers among the i with the longest features."""

    title = "area under risk-coverage by ‖f‖"
    symbol = "AURC by ‖f‖"
    citation = "as aurc, with the norm as confidence (Park et al., ICCV 2023)"
    needs = ("label", "prediction", "norm")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return float(100.0 * risk_coverage(records.norm, records.correct)[1].mean())
