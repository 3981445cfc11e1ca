"""All measures of some records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from incay.trainables.errors import said
from incay.trainables.measures import measures
from incay.trainables.measures.base import Measure
from incay.trainables.measures.records import AT_EVERY_REPORT, OUTSIDE, Records

_MOST_LETTERS = 300


@dataclass(frozen=True)
class Computed:
    """All measures of some records.

    Attributes:
        values: By name; NaN is what has no meaning here.
        failures: Why a measure raised an error, by name; its value is NaN.
    """

    values: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def computed(records: Records, *, every_report: bool = False) -> Computed:
    """Return the measures of records.

    One that needs what these cannot have, as angles to class vectors that a loss has not, is NaN:
    it has been asked for, and there is none. One of images out of distribution is left out where
    there are no such images.

    Args:
        records: Of one split.
        every_report: Whether to compute those alone that are computed at each report.
    """
    chosen: Mapping[str, type[Measure]] = measures
    found = Computed()
    for name, measure in chosen.items():
        if computable(measure, records):
            if every_report and not is_quick(measure):
                continue
            try:
                found.values[name] = compute(measure, records)
            except Exception as error:  # of the user's own: a trained network is worth more
                found.values[name] = math.nan
                found.failures[name] = f"{type(error).__name__}: {said(error)}"[:_MOST_LETTERS]
        elif not every_report and OUTSIDE not in measure.needs:
            found.values[name] = math.nan
    return found


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
