"""The table for any study: what differs, what came out, how the trials ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incay.analysis import wording
from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.comparing.measure import describe_endings
from incay.analysis.content import Cell, Column, Row
from incay.analysis.output.table import Table
from incay.analysis.results.measured import quantity_in
from incay.analysis.results.points import search_points, search_seeds
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.base import register_table
from incay.analysis.tables.layouts.cells import count_cell, difference_cell, metric_cell
from incay.analysis.tables.layouts.columns import column_of
from incay.analysis.tables.layouts.formulas import ENDINGS
from incay.analysis.tables.layouts.frame import study_table
from incay.analysis.tables.layouts.names import method_label
from incay.analysis.tables.layouts.notes.study import study_notes
from incay.analysis.tables.layouts.notes.trained import baseline_sentence, kept_sentence
from incay.analysis.tables.layouts.searched import (
    searched_cell,
    tie_note,
    validation_cells,
    validation_columns,
    validation_note,
)
from incay.analysis.tables.layouts.spread import SPREAD_NOTE, spread_cells, spread_columns
from incay.trainables import names
from incay.trainables.metrics import ACCURACY, ERROR, NORM, word_of

_NAMED_BY = {"schedule": names.SCHEDULE}
"""What names a component, where it is no ``name``."""
_CHANGE = Column(key="change", title="Δ to reference")


@register_table("general")
def general(results: StudyResults) -> Table:
    """Return one row per arm: difference, n, error, validation to test, norm, settings, endings."""
    metrics = _metrics(results)
    compared = compare_arms(results, metrics[0][1])
    validated = validation_columns(results, metrics[0][0].key)
    searched = sorted({name for arm in results.arms for name in arm.search})
    columns = (
        Column(key="difference", title="differs by", numeric=False),
        Column(key="n", title="n", decimals=0),
        metrics[0][0],
        *((_CHANGE,) if compared else ()),
        *spread_columns(results),
        *validated,
        *(column for column, _ in metrics[1:]),
        *(Column(key=name, title=name, numeric=False) for name in searched),
        Column(key="endings", title="endings", numeric=False),
    )
    rows = tuple(_row(results, arm, metrics, compared, searched) for arm in results.arms)
    notes = (
        *study_notes(results, columns, rows, compared),
        *filter(None, [baseline_sentence(results)]),
        *([SPREAD_NOTE] if results.repetitions > 1 else []),
        *([validation_note(results)] if validated else []),
        *filter(None, [tie_note(results)]),
        *filter(None, [kept_sentence(results)]),
    )
    title = results.question or results.name
    return study_table(results, title, columns, rows, notes, compared, row_title="Arm")


def _metrics(results: StudyResults) -> list[tuple[Column, str]]:
    """Return error, or accuracy where that is the objective, norm, and the objective if another."""
    split, objective = results.split, results.objective.metric
    sought = quantity_in(results, objective)
    rate = ACCURACY if sought == ACCURACY else ERROR
    chosen = [(column_of(each, split), each.of(split)) for each in (rate, NORM)]
    if sought is None:
        name = word_of(objective)
        chosen.append((Column(key=name, title=f"{split} {name}", decimals=4), f"{split}.{name}"))
    elif sought not in (rate, NORM):
        chosen.append((column_of(sought, split), sought.of(split)))
    return chosen


def _row(
    results: StudyResults,
    arm: Arm,
    metrics: Sequence[tuple[Column, str]],
    compared: Mapping[str, Comparison],
    searched: Sequence[str],
) -> Row:
    cells = {column.key: metric_cell(results, arm, metric) for column, metric in metrics}
    tested = metrics[0][0].key
    cells["n"] = count_cell(cells[tested])
    cells |= spread_cells(results, arm, metrics[0][1])
    cells |= validation_cells(results, arm, tested)
    if arm.name in compared:
        comparison = compared[arm.name]
        cells[tested] = replace(cells[tested], marks=comparison.marks)
        cells[_CHANGE.key] = difference_cell(comparison)
    cells["difference"] = Cell(text=_difference(results, arm))
    for name in searched:
        cells[name] = searched_cell(results, arm, name)
    cells["endings"] = _endings(results, arm)
    return Row(name=method_label(arm), cells=cells)


def _difference(results: StudyResults, arm: Arm) -> str:
    """Return what differs from the baseline, in short.

    Left out are searched settings, which have columns of their own, and settings of another
    component (``loss.margin`` of another loss) that have its default wherever it is used.
    """
    parts = []
    for name, value in arm.difference.items():
        component, _, setting = name.partition(".")
        named = _NAMED_BY.get(component, f"{component}.name")
        if name in arm.search:
            continue
        if setting == "name":
            parts.append(f"{component}={wording.setting(value)}")
            continue
        if name != named and named in arm.difference:
            peers = [other for other in results.arms if _shares(other, arm, named)]
            same = all(other.difference.get(name) == value for other in peers)
            if same and value == results.defaults.get(name, value):
                continue
        parts.append(f"{name}={wording.setting(value)}")
    return ", ".join(parts)


def _shares(other: Arm, arm: Arm, name: str) -> bool:
    return bool(other.difference.get(name) == arm.difference[name])


def _over_seeds(results: StudyResults, arm: Arm) -> str:
    """Return how many points the search trials belong to, where they have several each."""
    if search_seeds(results) == 1:
        return ""
    return f" of {len(search_points(results, arm))} points"


def _endings(results: StudyResults, arm: Arm) -> Cell:
    search, confirm = arm.phase("search"), arm.phase("confirm")
    parts = [describe_endings(confirm)] if confirm else []
    if search:
        parts.insert(0, f"search{_over_seeds(results, arm)}: {describe_endings(search)}")
        parts[1:] = [f"confirm: {part}" for part in parts[1:]]
    if not parts:
        return Cell(text="nothing started")
    trials = tuple(trial.fingerprint for trial in arm.trials)
    return Cell(text="; ".join(parts), fingerprints=trials, formula=ENDINGS)
