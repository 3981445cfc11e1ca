"""From an arm's measurement to a cell."""

from __future__ import annotations

from dataclasses import replace

from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.comparing.measure import Measurement, measure
from incay.analysis.content import Cell, Published
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.equivalence import equivalence
from incay.analysis.statistics.summary import summarize
from incay.analysis.tables.layouts.formulas import count_formula, difference_formula, mean_formula

SAME_VALUES = (
    "No interval: all seeds give the same number, so that nothing is seen of the spread between "
    "seeds. That is no sign of certainty."
)
SAME_DIFFERENCES = (
    "No interval: all seeds give the same difference, so that nothing is seen of the spread "
    "between seeds. That is no sign of certainty; the test is the exact one of signs."
)
ONE_SAME_VALUES = (
    "No interval and no test: all seeds of one study, or of both, give the same number, so that "
    "nothing is seen of the spread between them. That is no sign of certainty."
)


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
    same = summary.n > 1 and not summary.spreads
    return Cell(
        value=summary.mean,
        half_width=summary.half_width,
        no_spread=same,
        n=summary.n,
        published=published,
        fingerprints=measurement.trials,
        notes=(*notes, SAME_VALUES) if same else notes,
        formula=mean_formula(measurement, summary),
    )


def count_cell(cell: Cell) -> Cell:
    """Return a cell with the number of replicates behind another one."""
    metrics = cell.formula.metrics if cell.formula is not None else ()
    return Cell(
        value=float(cell.n),
        fingerprints=cell.fingerprints,
        formula=count_formula(" and ".join(metrics) or "the number beside it"),
    )


def difference_cell(comparison: Comparison) -> Cell:
    """Return the mean difference between an arm and its reference on the same seeds."""
    same = comparison.test.n > 1 and not comparison.test.spreads
    return Cell(
        value=comparison.test.difference,
        half_width=comparison.test.half_width,
        no_spread=same,
        n=comparison.test.n,
        fingerprints=comparison.fingerprints,
        notes=(SAME_DIFFERENCES,) if same else (),
        formula=difference_formula(comparison),
    )
