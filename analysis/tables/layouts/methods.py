"""Tables with one row per method and one column per quantity, beside a published table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.content import Cell, Column, Row
from incay.analysis.output.table import Table
from incay.analysis.papers.caveats import caveats
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.layouts.cells import count_cell, metric_cell
from incay.analysis.tables.layouts.columns import column_of
from incay.analysis.tables.layouts.frame import paper_table
from incay.analysis.tables.layouts.names import line_named, method_label
from incay.trainables.metrics import ACCURACY, NORM, TEST, Quantity

NOT_IN_STUDY = "not in this study"


@dataclass(frozen=True)
class MeasuredColumn:
    """A column of what is measured, beside a published one.

    Attributes:
        column: How it is shown.
        metric: The recorded metric, or an accuracy, see `measure`.
        published: Key of the published column.
    """

    column: Column
    metric: str
    published: str


def of_test(quantity: Quantity, published: str = "") -> MeasuredColumn:
    """Return the column of a quantity of the test set.

    Args:
        quantity: What is measured.
        published: Key of the published column; by default the quantity's name.
    """
    return MeasuredColumn(column_of(quantity), quantity.of(TEST), published or quantity.name)


TEST_ACCURACY, TEST_NORM = of_test(ACCURACY), of_test(NORM)

LineOf = Callable[[Arm], str | None]
"""Says which published row an arm is, by key; None where it is none of them."""


def methods_table(
    results: StudyResults,
    published: PublishedTable,
    quantities: Sequence[MeasuredColumn],
    line_of: LineOf | None = None,
) -> Table:
    """Return the study's arms beside the published rows that they are.

    Published rows come first, in the paper's order, cited ones as cited; arms that the paper
    does not have follow. The first quantity is the one whose differences are tested.

    Args:
        results: The study.
        published: The paper's table, rows being methods.
        quantities: What is measured.
        line_of: Which published row an arm is; by name where it is not given.
    """
    lines = {_line(published, line_of, arm): arm for arm in reversed(results.arms)}
    compared = compare_arms(results, quantities[0].metric)
    rows: list[Row] = []
    for line in published.rows:
        arm = None if line.cited else lines.get(line.key)
        row = _row(
            results, published, arm=arm, line=line.key, quantities=quantities, compared=compared
        )
        heading = line.heading if arm is None else method_label(arm, line.heading)
        rows.append(replace(row, name=heading, cited=bool(line.cited)))
    shown = {arm.name for line, arm in lines.items() if line in {row.key for row in published.rows}}
    rows += [
        _row(results, published, arm=arm, line=None, quantities=quantities, compared=compared)
        for arm in results.arms
        if arm.name not in shown
    ]
    columns = (
        Column(key="n", title="n", decimals=0),
        *(quantity.column for quantity in quantities),
    )
    return paper_table(results, published, columns, rows, compared)


def _line(published: PublishedTable, line_of: LineOf | None, arm: Arm) -> str | None:
    return line_named(published, arm.name) if line_of is None else line_of(arm)


def _row(
    results: StudyResults,
    published: PublishedTable,
    *,
    arm: Arm | None,
    line: str | None,
    quantities: Sequence[MeasuredColumn],
    compared: dict[str, Comparison],
) -> Row:
    cells: dict[str, Cell] = {}
    for index, quantity in enumerate(quantities):
        number = tolerance = None
        if line is not None:
            number = published.cell(line, quantity.published)
            tolerance = published.tolerance(line, quantity.published)
        if arm is not None:
            cell = metric_cell(
                results,
                arm,
                quantity.metric,
                published=number,
                tolerance=tolerance,
                comparison=compared.get(arm.name) if index == 0 else None,
                caveats=caveats(arm, published),
            )
        elif number is not None and number.cited:
            cell = Cell(published=number)
        else:
            cell = Cell(published=number, reason=NOT_IN_STUDY)
        cells[quantity.column.key] = cell
    if arm is not None:
        cells["n"] = count_cell(cells[quantities[0].column.key])
    return Row(name=method_label(arm) if arm is not None else str(line), cells=cells)
