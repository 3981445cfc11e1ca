"""Mean angles and distances within and between classes.

Angles see directions alone. Only distances of features as they are show what their length does:
they are given as a ratio, of raw and of normalised features.
"""

from __future__ import annotations

import math

from incay.trainables.measures import Measure, Records, register_measure
from incay.trainables.measures.pairs import NEEDS, Pairs, angles, distances
from incay.trainables.measures.records import Floats

_SOURCE = "Liu et al., L-Softmax, ICML 2016, and Deng et al., ArcFace, CVPR 2019, speak of them"


@register_measure("angle_within")
class AngleWithin(Measure):
    """Mean angle between two features of one class, in degrees."""

    title = "mean angle within classes"
    unit = "°"
    better = "less"
    decimals = 2
    most = 180.0
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _mean(angles(records).within)


@register_measure("angle_between")
class AngleBetween(Measure):
    """Mean angle between two features of different classes, in degrees."""

    title = "mean angle between classes"
    unit = "°"
    better = "more"
    decimals = 2
    most = 180.0
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _mean(angles(records).between)


@register_measure("distance_ratio")
class DistanceRatio(Measure):
    """Mean ‖f_i − f_j‖ within classes divided by that between classes."""

    title = "distance within classes to that between"
    symbol = "distance ratio"
    better = "less"
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _ratio(distances(records))


@register_measure("distance_ratio.unit")
class UnitDistanceRatio(Measure):
    """``distance_ratio`` of normalised features f/‖f‖."""

    title = "distance within classes to that between, of f/‖f‖"
    symbol = "distance ratio of f/‖f‖"
    better = "less"
    citation = _SOURCE
    needs = NEEDS

    @staticmethod
    def compute(records: Records) -> float:
        """Return it."""
        return _ratio(distances(records, unit=True))


def _mean(numbers: Floats) -> float:
    return float(numbers.mean()) if len(numbers) else math.nan


def _ratio(pairs: Pairs) -> float:
    between = _mean(pairs.between)
    return _mean(pairs.within) / between if between else math.nan
