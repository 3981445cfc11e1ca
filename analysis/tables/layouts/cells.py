"""From an arm's measurement to a cell."""

from __future__ import annotations

from dataclasses import replace

from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.comparing.measure import Measurement, measure
from incay.analysis.content import Cell, Published
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.equivalence import equivalence
from incay.analysis.statistics.summary import summarize


def metric_cell(
    results: StudyResults,
    arm: Arm,
    metric: str,
    *,
    published: Published | None = None,
    tolerance: float | None = None,
    comparison: Comparison | None = None,
    caveats: tuple[str, ...] = (),
) -> Cell:
    """Return the mean of a metric over an arm's confirm trials.

    Args:
        results: The study.
        arm: One of its arms.
        metric: The metric, see `measure`.
        published: Its published counterpart.
        tolerance: How far the mean may lie from it and still reproduce it.
        comparison: What may be said of it against its reference.
        caveats: Why it and the published number are not of the same thing.
    """
    cell = measured_cell(
        measure(results, arm, metric), published=published, tolerance=tolerance, caveats=caveats
    )
    return replace(cell, marks=comparison.marks) if comparison is not None else cell


def measured_cell(
    measurement: Measurement,
    *,
    published: Published | None = None,
    tolerance: float | None = None,
    caveats: tuple[str, ...] = (),
) -> Cell:
    """Return the mean of a measurement, or the reason why there is none.

    With caveats, a published number stands beside it without a verdict.
    """
    values = list(measurement.values.values())
    if not values:
        return Cell(reason=measurement.reason, published=published, notes=measurement.notes)
    notes = measurement.notes
    if published is not None and caveats:
        notes += caveats
    elif published is not None and tolerance is not None:
        assert isinstance(published.value, int | float)
        verdict = equivalence(values, published.value, tolerance)
        published = replace(published, verdict=verdict)
    summary = summarize(values)
    return Cell(
        value=summary.mean,
        half_width=summary.half_width,
        n=summary.n,
        published=published,
        fingerprints=measurement.trials,
        notes=notes,
    )


def count_cell(cell: Cell) -> Cell:
    """Return a cell with the number of replicates behind another one."""
    return Cell(value=float(cell.n), fingerprints=cell.fingerprints)


def difference_cell(comparison: Comparison) -> Cell:
    """Return the mean difference between an arm and its reference on the same seeds."""
    return Cell(
        value=comparison.test.difference,
        half_width=comparison.test.half_width,
        n=comparison.test.n,
        fingerprints=comparison.fingerprints,
    )
