"""Tables with one row per method and one column per setting, such as the data set or λ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.content import Cell, Row
from incay.analysis.output.table import Table
from incay.analysis.papers.caveats import caveats
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.tables.layouts.cells import metric_cell
from incay.analysis.tables.layouts.columns import column_of
from incay.analysis.tables.layouts.frame import paper_table
from incay.analysis.tables.layouts.methods import NOT_IN_STUDY
from incay.analysis.tables.layouts.names import line_named
from incay.trainables.metrics import TEST, Quantity

CellOf = Callable[[Arm], tuple[str, str]]
"""Says in which row and column of the table an arm stands, by published key where it has one."""


def matrix_table(
    results: StudyResults,
    published: PublishedTable,
    quantity: Quantity,
    cell_of: CellOf,
    heading: Callable[[str], str] = str,
) -> Table:
    """Return one quantity of the test set, arm by arm, beside the published cells.

    Rows and columns that the paper does not have follow its own.

    Args:
        results: The study.
        published: The paper's table.
        quantity: What is measured.
        cell_of: Where an arm stands.
        heading: Title of a column that the paper does not have, from its key.

    A cell holds the first arm that stands there; others are named in a note.
    """
    arms: dict[tuple[str, str], list[Arm]] = {}
    for arm in results.arms:
        row, key = cell_of(arm)
        arms.setdefault((line_named(published, row) or row, key), []).append(arm)
    metric = quantity.of(TEST)
    compared = compare_arms(results, metric)
    row_keys = _ordered((line.key for line in published.rows), (row for row, _ in arms))
    column_keys = _ordered((line.key for line in published.columns), (key for _, key in arms))
    titles = {line.key: line.heading for line in published.columns}
    columns = tuple(
        replace(column_of(quantity), key=key, title=titles.get(key, heading(key)))
        for key in column_keys
    )
    cited = {line.key for line in published.rows if line.cited}
    headings = {line.key: line.heading for line in published.rows}
    rows = []
    for row in row_keys:
        cells = {}
        for key in column_keys:
            known = row in headings and key in titles
            number = published.cell(row, key) if known else None
            standing = arms.get((row, key), []) if row not in cited else []
            if standing:
                cells[key] = metric_cell(
                    results,
                    standing[0],
                    metric,
                    published=number,
                    tolerance=published.tolerance(row, key) if known else None,
                    comparison=compared.get(standing[0].name),
                    caveats=caveats(
                        standing[0], published, published.column(key) if key in titles else None
                    ),
                )
            elif row in cited:
                cells[key] = Cell(published=number)
            else:
                cells[key] = Cell(published=number, reason=NOT_IN_STUDY)
        rows.append(Row(name=headings.get(row, row), cells=cells, cited=row in cited))
    hidden = [arm.name for standing in arms.values() for arm in standing[1:]]
    told = f"Not shown, because another arm stands in the same cell: {', '.join(hidden)}."
    return paper_table(results, published, columns, rows, compared, [told] if hidden else [])


def _ordered(first: Iterable[str], then: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((*first, *then)))
