"""From an arm's measurement to a cell."""

from __future__ import annotations

from dataclasses import replace

from analysis.cells import Cell, Published
from analysis.measure import Measurement, measure
from analysis.results import Arm, StudyResults
from analysis.statistics.summary import summarize


def metric_cell(
    results: StudyResults, arm: Arm, metric: str, published: Published | None = None
) -> Cell:
    """Return the mean of a metric over an arm's confirm trials, beside its published number."""
    return replace(measured_cell(measure(results, arm, metric)), published=published)


def measured_cell(measurement: Measurement) -> Cell:
    """Return the mean of a measurement, or the reason why there is none."""
    if not measurement.values:
        return Cell(reason=measurement.reason, notes=measurement.notes)
    summary = summarize(list(measurement.values.values()))
    return Cell(
        value=summary.mean,
        half_width=summary.half_width,
        n=summary.n,
        fingerprints=tuple(measurement.fingerprints.values()),
        notes=measurement.notes,
    )


def count_cell(cell: Cell) -> Cell:
    """Return a cell with the number of replicates behind another one."""
    return Cell(value=float(cell.n), fingerprints=cell.fingerprints)
