"""From a study's results to a table, with what every table must say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from incay.analysis.comparing.budget import Inequality, find_inequalities, untunable
from incay.analysis.content import Cell, Mark
from incay.analysis.errors import AnalysisError
from incay.analysis.output.table import Table
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import tables
from incay.analysis.tables.layouts.chosen import COLUMNS, chosen_columns
from incay.analysis.tables.layouts.notes.contradictions import contradictions
from incay.analysis.tables.layouts.notes.skipped import skipped_images


def build_table(
    results: StudyResults,
    name: str | None = None,
    *,
    allow_unequal: bool = False,
    columns: Sequence[str] = (),
) -> Table:
    """Return a table of a study.

    Args:
        results: The study.
        name: A table definition; by default the one that the study names, else ``general``.
        columns: Measures and metrics in place of a definition; by default those that the study
            names, if it names no table.
        allow_unequal: Whether arms that got unequal budgets may stand in one table; they are
            then marked, and the figures given.

    Raises:
        AnalysisError: There is no such definition or measure, or budgets are unequal.
    """
    if name not in (None, COLUMNS) and columns:
        raise AnalysisError(f"columns must be of no other table, but table {name!r} has its own")
    if name is None and not results.table:
        columns = columns or results.columns
    name = COLUMNS if columns else name or results.table or "general"
    definition = tables[name]
    unequal = find_inequalities(results)
    if unequal and not allow_unequal:
        raise AnalysisError(
            "every arm must have the same budget, but has not ("
            + "; ".join(str(each) for each in unequal)
            + "). Pass --allow-unequal (allow_unequal=True) for a table that says so"
        )
    built = chosen_columns(results, columns) if columns else definition(results)
    table = replace(built, name=name)
    first = (*contradictions(results), *_of_untunable(results), *skipped_images(results))
    notes = (*first, *table.notes)
    table = replace(table, notes=notes)
    return _marked_unequal(table, results, unequal) if unequal else table


def _of_untunable(results: StudyResults) -> list[str]:
    """Return what a reader must know of arms that had nothing to search."""
    by_settings: dict[tuple[str, ...], list[str]] = {}
    for arm, settings in untunable(results).items():
        by_settings.setdefault(settings, []).append(arm)
    return [
        f"Not searched, having none of the searched settings ({', '.join(settings)}): "
        f"{', '.join(arms)}. What choosing these gained the others is part of the differences."
        for settings, arms in by_settings.items()
    ]


def _marked_unequal(table: Table, results: StudyResults, unequal: list[Inequality]) -> Table:
    names = {name for each in unequal for name in each.deviating}
    trials = {t.fingerprint for t in results.trials if t.arm in names}
    rows = tuple(
        replace(row, cells={key: _marked(cell, trials) for key, cell in row.cells.items()})
        for row in table.rows
    )
    figures = "; ".join(str(each) for each in unequal)
    note = f"† Unequal budgets, so that differences may come from the budget: {figures}."
    options = {**table.options, "allow_unequal": True}
    return replace(table, rows=rows, notes=(note, *table.notes), options=options)


def _marked(cell: Cell, trials: set[str]) -> Cell:
    if cell.value is None or trials.isdisjoint(cell.fingerprints):
        return cell
    return replace(cell, marks=cell.marks | {Mark.UNEQUAL})
