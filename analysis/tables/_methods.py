"""Tables with one row per method and one column per quantity, beside a published table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.cells import Cell, Column, Row, Table
from analysis.publications import PublishedTable
from analysis.results import Arm, StudyResults
from analysis.tables._cells import count_cell, metric_cell
from analysis.tables._protocol import general_notes, interval_note, protocol_sentence

NOT_IN_STUDY = "not in this study"


@dataclass(frozen=True)
class Quantity:
    """A measured column.

    Attributes:
        column: How it is shown; its key is the published column's.
        metric: The recorded metric, or an accuracy, see `measure`.
    """

    column: Column
    metric: str


def methods_table(
    results: StudyResults, published: PublishedTable, quantities: Sequence[Quantity]
) -> Table:
    """Return the study's arms beside the published rows of the same names.

    Published rows come first, in the paper's order, cited ones as cited; arms that the paper
    does not have follow.
    """
    arms = {normalized(arm.name): arm for arm in results.arms}
    rows: list[Row] = []
    for line in published.rows:
        arm = None if line.cited else arms.pop(normalized(line.key), None)
        row = _row(results, arm, published, line.key, quantities)
        rows.append(replace(row, name=line.heading, cited=bool(line.cited)))
    rows += [_row(results, arm, published, None, quantities) for arm in arms.values()]
    table = Table(
        name="",
        title=f"{published.title} (paper {published.paper}, Table {published.number})",
        study=results.name,
        run=results.run,
        protocol=protocol_sentence(results),
        columns=(
            Column(key="n", title="n", decimals=0),
            *(quantity.column for quantity in quantities),
        ),
        rows=tuple(rows),
    )
    notes = (interval_note(table), *general_notes(results), *published.remarks)
    return replace(table, notes=tuple(note for note in notes if note))


def normalized(name: str) -> str:
    """Return a name as it is compared: case and spaces do not count."""
    return "".join(name.casefold().split())


def _row(
    results: StudyResults,
    arm: Arm | None,
    published: PublishedTable,
    line: str | None,
    quantities: Sequence[Quantity],
) -> Row:
    cells: dict[str, Cell] = {}
    for quantity in quantities:
        number = published.cell(line, quantity.column.key) if line is not None else None
        if arm is not None:
            cell = metric_cell(results, arm, quantity.metric, number)
        elif number is not None and number.cited:
            cell = Cell(published=number)
        else:
            cell = Cell(published=number, reason=NOT_IN_STUDY)
        cells[quantity.column.key] = cell
    if arm is not None:
        cells["n"] = count_cell(cells[quantities[0].column.key])
    return Row(name=arm.name if arm is not None else str(line), cells=cells)
