"""Columns beside the paired t-test: what differences say without a normal distribution."""

from __future__ import annotations

from dataclasses import replace

from incay.analysis.comparing.comparisons import Comparison
from incay.analysis.comparing.measure import measure
from incay.analysis.content import Cell, Column
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.companions import (
    LEAST_RESAMPLED,
    bootstrap_interval,
    probability_of_improvement,
    wilcoxon_p,
)
from incay.analysis.statistics.paired import paired_differences
from incay.analysis.statistics.rounding import largest
from incay.analysis.tables.layouts.formulas import companion_formula
from incay.trainables.metrics import ERROR

COMPANIONS = (
    Column(key="wilcoxon", title="p, Wilcoxon", decimals=4, positive=True),
    Column(key="bootstrap", title=f"Δ {ERROR.title}, bootstrap", unit=ERROR.difference_unit),
    Column(key="improvement", title="P(better)"),
)
COMPANIONS_NOTE = (
    "Without a normal distribution, and not corrected: Wilcoxon's signed-rank test; the difference "
    "with its bootstrap interval; P(better), the share of pairs in which the arm is better, equal "
    "ones half, with its exact interval (95 %). The conclusion is the t-test's."
)
_FEW = {1: "one pair", 2: "two pairs", 3: "three pairs"}


def companion_cells(results: StudyResults, comparison: Comparison) -> dict[str, Cell]:
    """Return the cells of `COMPANIONS` for a comparison in error, of which less is better."""
    first, second = (
        measure(results, results.arm(name), comparison.metric).values
        for name in (comparison.arm, comparison.reference)
    )
    # Up to the look that is tested: pairs come in the order of their replicates.
    differences = list(paired_differences(first, second).values())[: comparison.test.n]
    size = largest(*first.values(), *second.values())
    n, trials = len(differences), comparison.fingerprints
    better = probability_of_improvement([-each for each in differences])
    cells = {
        "improvement": Cell(
            value=better.share, interval=(better.low, better.high), n=n, fingerprints=trials
        )
    }
    p = wilcoxon_p(differences, size=size)
    if p is None:
        cells["wilcoxon"] = Cell(reason=_FEW[n], fingerprints=trials)
    else:
        cells["wilcoxon"] = Cell(value=p, fingerprints=trials)
    ends = bootstrap_interval(differences, size=size)
    if ends is None:
        few = _FEW[n] if n < LEAST_RESAMPLED else "no spread"
        cells["bootstrap"] = Cell(reason=few, fingerprints=trials)
    else:
        mean = comparison.test.difference
        cells["bootstrap"] = Cell(value=mean, interval=ends, n=n, fingerprints=trials)
    return {
        key: replace(cell, formula=companion_formula(comparison, key))
        for key, cell in cells.items()
    }
