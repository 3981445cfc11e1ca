"""Paper A, Table 5: norms and numbers of images that are right, wrong, fixed and added."""

from __future__ import annotations

import math
from dataclasses import replace

from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.comparing.discordance import pair_replicates
from incay.analysis.comparing.measure import Measurement, measure
from incay.analysis.comparing.references import references
from incay.analysis.content import Cell, Column, Row
from incay.analysis.errors import AnalysisError
from incay.analysis.output.table import Table
from incay.analysis.papers.caveats import caveats
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.samples import Bools, read_samples
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.cells import count_cell, measured_cell
from incay.analysis.tables.layouts.columns import column_of
from incay.analysis.tables.layouts.formulas import NORMS_AND_COUNTS
from incay.analysis.tables.layouts.frame import paper_table
from incay.analysis.tables.layouts.names import line_named
from incay.trainables.metrics import ACCURACY, NORM, TEST

_GROUPS = {
    "correct": "right",
    "wrong": "wrong",
    "fixed": "error fixed",
    "added": "error added",
}
_COLUMNS = (
    Column(key="n", title="n", decimals=0),
    column_of(ACCURACY),
    *(
        column
        for group, title in _GROUPS.items()
        for column in (
            Column(key=NORM.of(group), title=f"{NORM.short}, {title}", decimals=1),
            Column(key=f"{group}.count", title=f"images, {title}", decimals=0),
        )
    ),
)


@register_paper_table("paper-a-table-5")
def what_changes(results: StudyResults, published: PublishedTable) -> Table:
    """Return, for each arm and its reference, what the arm puts right and what it spoils.

    Fixed images are wrong with the reference and right with the arm of the same replicate;
    added errors the other way round (paper A, Table 5). Numbers of images and mean norms are
    averaged over replicates.
    """
    compared = compare_arms(results, ACCURACY.of(TEST))
    pairs = [(results.arm(other), results.arm(arm)) for arm, other in references(results).items()]
    rows: list[Row] = []
    for reference, arm in pairs:
        groups = _measure_groups(results, reference, arm)
        # What is fixed and added is a matter of the pair, of which the paper has one.
        asked = all(line_named(published, each.name) for each in (reference, arm))
        for each in (reference, arm):
            against = f", against {arm.name}" if len(pairs) > 1 and each is reference else ""
            cells = {
                key: _cell(published if asked else None, each, key, groups[each.name, key])
                for key in (column.key for column in _COLUMNS[2:])
            }
            accuracy = measure(results, each, ACCURACY.of(TEST))
            comparison = compared.get(each.name) if each is arm else None
            cells[ACCURACY.name] = replace(
                _cell(published if asked else None, each, ACCURACY.name, accuracy),
                marks=comparison.marks if comparison is not None else frozenset(),
            )
            cells["n"] = count_cell(cells[ACCURACY.name])
            rows.append(Row(name=each.name + against, cells=cells))
    return paper_table(results, published, _COLUMNS, rows, compared)


def _cell(published: PublishedTable | None, arm: Arm, key: str, measurement: Measurement) -> Cell:
    line = line_named(published, arm.name) if published is not None else None
    if published is None or line is None:
        return measured_cell(measurement)
    return measured_cell(
        measurement,
        published=published.cell(line, key),
        tolerance=published.tolerance(line, key),
        caveats=caveats(arm, published),
    )


def _measure_groups(
    results: StudyResults, reference: Arm, arm: Arm
) -> dict[tuple[str, str], Measurement]:
    """Return norm and number of images by arm's name and column's key."""
    keys = [(name, column.key) for name in (reference.name, arm.name) for column in _COLUMNS[2:]]
    pairs = pair_replicates(results, reference.name, arm.name)
    if not pairs:
        reason = measure(results, arm, NORM.of(TEST)).reason or "no common replicate"
        return dict.fromkeys(keys, Measurement(reason=reason))
    values: dict[tuple[str, str], dict[int, float]] = {key: {} for key in keys}
    try:
        for number, (plain, other) in pairs.items():
            for (name, key), value in _count(results, plain, other).items():
                if math.isfinite(value):
                    values[name, key][number] = value
    except AnalysisError as error:
        return {
            key: Measurement(reason="no per-sample records", notes=(str(error),)) for key in keys
        }
    prints = {n: tuple(t.fingerprint for t in pair) for n, pair in pairs.items()}
    titles = {column.key: column.title for column in _COLUMNS}
    return {
        (name, key): Measurement(
            found,
            {n: prints[n] for n in found},
            "" if found else "no such image",
            what=f"{titles[key]} of {name} ({NORMS_AND_COUNTS})",
        )
        for (name, key), found in values.items()
    }


def _count(results: StudyResults, plain: Trial, other: Trial) -> dict[tuple[str, str], float]:
    models = {trial.arm: read_samples(results, trial) for trial in (plain, other)}
    before, after = models[plain.arm].correct, models[other.arm].correct
    counted = {}
    for name, samples in models.items():
        groups: dict[str, Bools] = {
            "correct": samples.correct,
            "wrong": ~samples.correct,
            "fixed": ~before & after,
            "added": before & ~after,
        }
        for group, chosen in groups.items():
            counted[name, f"{group}.count"] = float(chosen.sum())
            norms = samples.norm[chosen]
            counted[name, NORM.of(group)] = float(norms.mean()) if norms.size else math.nan
    return counted
