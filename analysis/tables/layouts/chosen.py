"""A table of any measures: a column each, with the comparisons that its direction allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.content import Column, Row
from incay.analysis.output.table import Table
from incay.analysis.results.measured import metric_named, quantity_in
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.layouts.cells import metric_cell
from incay.analysis.tables.layouts.frame import study_table
from incay.analysis.tables.layouts.names import method_label
from incay.analysis.tables.layouts.notes.study import study_notes
from incay.analysis.tables.layouts.tested import UNDECIDED, test_notes
from incay.trainables.metrics import split_of, word_of

COLUMNS = "columns"
"""The name of such a table, and of the option that says its columns."""
_FAMILIES = (
    "Each column is a family of its own: Holm's correction is over the arms within it, not over "
    "columns. Who looks at many columns finds a difference in one of them sooner or later."
)


def chosen_table(
    results: StudyResults, names: Sequence[str], title: str, remarks: Sequence[str] = ()
) -> Table:
    """Return a table with a row for each arm and a column for each name.

    Args:
        results: The study.
        names: Measures, see `metric_named`; each counts once.
        title: What the table shows, in words.
        remarks: What is to be said besides.

    Raises:
        AnalysisError: A name is unknown.
    """
    metrics = list(dict.fromkeys(metric_named(results, name) for name in names))
    columns = [_column(results, metric) for metric in metrics]
    compared = {metric: compare_arms(results, metric) for metric in metrics}
    rows = [
        Row(
            name=method_label(arm),
            cells={
                column.key: metric_cell(
                    results, arm, metric, comparison=compared[metric].get(arm.name)
                )
                for column, metric in zip(columns, metrics, strict=True)
            },
        )
        for arm in results.arms
    ]
    notes = (
        *study_notes(results, columns, rows, {}),
        *_tests(columns, compared),
        *remarks,
    )
    flat = {
        f"{metric} {name}": each
        for metric, found in compared.items()
        for name, each in found.items()
    }
    return study_table(results, title, columns, rows, notes, flat, row_title="Arm")


def _column(results: StudyResults, metric: str) -> Column:
    quantity, split, word = quantity_in(results, metric), split_of(metric), word_of(metric)
    key = word if split == results.split else metric
    if quantity is None:
        return Column(key=key, title=f"{split} {word}", decimals=4)
    title = quantity.short if split == results.split else f"{split} {quantity.short}"
    shown = title[:1].upper() + title[1:]
    return Column(key=key, title=shown, unit=quantity.unit, decimals=quantity.decimals)


def _tests(
    columns: Sequence[Column], compared: Mapping[str, Mapping[str, Comparison]]
) -> list[str]:
    """Return what was tested: of several columns what is the same of them is said once.

    What would decide those that are open is left out then: it is another number for each.
    """
    told: dict[str, list[str]] = {}
    for column, found in zip(columns, compared.values(), strict=True):
        for note in test_notes(found):
            told.setdefault(note, []).append(column.title)
    tested = {title for titles in told.values() for title in titles}
    if len(tested) < 2:
        return list(told)
    notes = [
        f"{', '.join(titles)}: {note[:1].lower()}{note[1:]}"
        for note, titles in told.items()
        if not note.startswith(UNDECIDED)
    ]
    return [*notes, _FAMILIES]


def chosen_columns(results: StudyResults, names: Sequence[str]) -> Table:
    """Return the table of the columns that were asked for; its options say which."""
    table = chosen_table(results, names, results.question or results.name)
    return replace(table, options={**table.options, COLUMNS: list(names)})
