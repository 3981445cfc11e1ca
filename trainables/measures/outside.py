"""How well a score tells images of other kinds: out-of-distribution detection.

Images out of distribution are the positive side, as in OpenOOD and pytorch-ood: a low score speaks
for them. AUROC is the same by either side; FPR95 is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from incay.trainables.measures import Measure, Outside, Records, register_measure
from incay.trainables.measures.records import Floats

Scores = Callable[[Records | Outside], Floats]
_BASE = "Hendrycks, Gimpel, A Baseline for Detecting Misclassified and OOD Examples, ICLR 2017"
_ENERGY = "Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020, eq. 6, T = 1"
_LOGIT = "Hendrycks et al., Scaling Out-of-Distribution Detection, ICML 2022"
_NORM = "Park et al., Understanding the Feature Norm for OOD Detection, ICCV 2023"


def norm(records: Records | Outside) -> Floats:
    """Return ‖f‖."""
    return records.norm


def log_probability(records: Records | Outside) -> Floats:
    """Return the log of the largest probability: it ranks as the probability does."""
    assert records.log_confidence is not None
    return records.log_confidence


def max_logit(records: Records | Outside) -> Floats:
    """Return the largest logit."""
    assert records.max_logit is not None
    return records.max_logit


def energy(records: Records | Outside) -> Floats:
    """Return log Σ_k exp(z_k), the negative energy at T = 1."""
    assert records.max_logit is not None
    assert records.log_confidence is not None
    return records.max_logit.astype(np.float64) - records.log_confidence


def auroc(inside: Floats, outside: Floats) -> float:
    """Return the chance that an image out of distribution has the lower score; ties count half."""
    order = np.sort(inside)
    above = len(order) - np.searchsorted(order, outside, side="right")
    ties = len(order) - np.searchsorted(order, outside, side="left") - above
    return float((above + 0.5 * ties).mean() / len(order))


def fpr95(inside: Floats, outside: Floats) -> float:
    """Return the share of images in distribution among what is called outside at 95 % of those.

    The threshold is the lowest score that calls at least 95 % of the images out of distribution
    so: an image is called outside if its score is no larger.
    """
    ranked = np.sort(outside)
    threshold = ranked[math.ceil(0.95 * len(ranked)) - 1]
    return float((inside <= threshold).mean())


def _over_sets(
    records: Records, scores: Scores, compare: Callable[[Floats, Floats], float]
) -> float:
    """Return the mean over the sets of other images, in %."""
    assert records.outside is not None
    inside = scores(records).astype(np.float64)
    found = [compare(inside, scores(each).astype(np.float64)) for each in records.outside.values()]
    return 100.0 * sum(found) / len(found) if found else math.nan


class _AUROC(Measure):
    unit = "%"
    better = "more"
    decimals = 2
    most = 100.0


class _FPR95(Measure):
    unit = "%"
    better = "less"
    decimals = 2
    most = 100.0


@register_measure("ood.norm.auroc")
class NormAUROC(_AUROC):
    """100 · P(‖f‖ is lower out of distribution), mean over the sets of measure.ood."""

    title = "OOD AUROC by ‖f‖"
    citation = _NORM
    needs = ("norm", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, norm, auroc)


@register_measure("ood.norm.fpr95")
class NormFPR95(_FPR95):
    """100 · share called outside by ‖f‖ where 95 % of OOD images (the positive) are."""

    title = "OOD FPR95 by ‖f‖"
    citation = _NORM
    needs = ("norm", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, norm, fpr95)


@register_measure("ood.probability.auroc")
class ProbabilityAUROC(_AUROC):
    """100 · P(max p is lower out of distribution), mean over the sets of measure.ood."""

    title = "OOD AUROC by max probability"
    citation = _BASE
    needs = ("log_confidence", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, log_probability, auroc)


@register_measure("ood.probability.fpr95")
class ProbabilityFPR95(_FPR95):
    """100 · share called outside by max probability where 95 % of OOD images (the positive) are."""

    title = "OOD FPR95 by max probability"
    citation = _BASE
    needs = ("log_confidence", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, log_probability, fpr95)


@register_measure("ood.logit.auroc")
class LogitAUROC(_AUROC):
    """100 · P(max logit is lower out of distribution), mean over the sets of measure.ood."""

    title = "OOD AUROC by max logit"
    citation = _LOGIT
    needs = ("max_logit", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, max_logit, auroc)


@register_measure("ood.logit.fpr95")
class LogitFPR95(_FPR95):
    """100 · share called outside by max logit where 95 % of OOD images (the positive) are."""

    title = "OOD FPR95 by max logit"
    citation = _LOGIT
    needs = ("max_logit", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, max_logit, fpr95)


@register_measure("ood.energy.auroc")
class EnergyAUROC(_AUROC):
    """100 · P(log Σ exp z, the negative energy, is lower out of distribution), mean over sets."""

    title = "OOD AUROC by energy"
    citation = _ENERGY
    needs = ("max_logit", "log_confidence", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, energy, auroc)


@register_measure("ood.energy.fpr95")
class EnergyFPR95(_FPR95):
    """100 · share called outside by log Σ exp z where 95 % of OOD images (the positive) are."""

    title = "OOD FPR95 by energy"
    citation = _ENERGY
    needs = ("max_logit", "log_confidence", "outside")

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _over_sets(records, energy, fpr95)
