"""Property 3 of paper A, measured.

Is the largest distance within a class below the smallest between classes?
"""

from __future__ import annotations

import math

import numpy as np

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.pairs import NEEDS, distances

_SOURCE = "paper A, section 4, Property 3"


@register_measure("property3")
class Property3(Measure):
    """1 where max ‖f_i − f_j‖ within classes < min between classes, else 0; of drawn images."""

    title = "Property 3 holds"
    better = "more"
    decimals = 2
    most = 1.0
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _verdict(*_extremes(records))


@register_measure("property3.within")
class Within(Measure):
    """max ‖f_i − f_j‖ over drawn pairs of one class."""

    title = "largest distance within a class"
    decimals = 3
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _extremes(records)[0]


@register_measure("property3.between")
class Between(Measure):
    """min ‖f_i − f_j‖ over drawn pairs of two classes."""

    title = "smallest distance between classes"
    decimals = 3
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _extremes(records)[1]


@register_measure("property3.robust")
class Robust(Measure):
    """1 where 99 % of distances within classes are below 99 % of those between, else 0."""

    title = "Property 3 holds but for 1 %"
    better = "more"
    decimals = 2
    most = 1.0
    citation = f"{_SOURCE}, of the 99th and the 1st percentile: one wrong label breaks the strict"
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _verdict(*_extremes(records, 1.0))


@register_measure("property3.robust_ratio")
class RobustRatio(Measure):
    """99th percentile of distances within classes divided by the 1st of those between."""

    title = "Property 3's ratio of distances, but for 1 %"
    symbol = "Property 3's ratio (99 %/1 %)"
    better = "less"
    decimals = 3
    citation = f"{_SOURCE}; below 1 where property3.robust holds"
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        within, between = _extremes(records, 1.0)
        return within / between if between else math.nan


def _extremes(records: Records, percent: float = 0.0) -> tuple[float, float]:
    """Return a high percentile of distances within classes, and a low one of those between."""
    pairs = distances(records)
    if not len(pairs.within) or not len(pairs.between):
        return math.nan, math.nan
    if not percent:
        return float(pairs.within.max()), float(pairs.between.min())
    high = np.percentile(pairs.within, 100.0 - percent)
    return float(high), float(np.percentile(pairs.between, percent))


def _verdict(within: float, between: float) -> float:
    return math.nan if math.isnan(within) else float(within < between)
