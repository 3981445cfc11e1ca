"""All measures of some records."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from incay.trainables.measures import measures
from incay.trainables.measures.base import Measure
from incay.trainables.measures.records import AT_EVERY_REPORT, Records


def computed(records: Records, *, every_report: bool = False) -> dict[str, float]:
    """Return the measures of records by name, those left out that need what is not there.

    Args:
        records: Of one split.
        every_report: Whether to compute those alone that are computed at each report.
    """
    chosen: Mapping[str, type[Measure]] = measures
    return {
        name: compute(measure, records)
        for name, measure in chosen.items()
        if (not every_report or is_quick(measure)) and computable(measure, records)
    }


def compute(measure: type[Measure], records: Records) -> float:
    """Return a measure of records that have what it needs; NaN where it is not finite."""
    with np.errstate(all="ignore"):
        value = float(measure.compute(records))
    return value if math.isfinite(value) else math.nan


def computable(measure: type[Measure], records: Records) -> bool:
    """Return whether records have what a measure needs."""
    return all(records.has(name) for name in measure.needs)


def is_quick(measure: type[Measure]) -> bool:
    """Return whether a measure is computed at each report, and not only at a trial's end."""
    return AT_EVERY_REPORT.issuperset(measure.needs)
