"""Paper A, Table 8, and paper B, Table 1: the networks, as the papers describe them."""

from __future__ import annotations

from incay.analysis.output.table import Cell, Column, Row, Table
from incay.analysis.papers.publications import PublishedTable, published_table
from incay.analysis.results.study import StudyResults
from incay.analysis.tables import register_table


@register_table("paper-a-table-8")
def paper_a_table_8(results: StudyResults) -> Table:
    """Return the layers of the networks for MNIST, CIFAR10, CIFAR100 (paper A, Table 8)."""
    return _layers(results, published_table("a-table-8"))


@register_table("paper-b-table-1")
def paper_b_table_1(results: StudyResults) -> Table:
    """Return the layers of the same networks and of MNIST-2D (paper B, Table 1)."""
    return _layers(results, published_table("b-table-1"))


def _layers(results: StudyResults, published: PublishedTable) -> Table:
    rows = []
    for row in published.rows:
        cells = {}
        for column in published.columns:
            layer = published.cell(row.key, column.key)
            cells[column.key] = Cell(text="N/A" if layer is None else str(layer.value))
        rows.append(Row(name=row.heading, cells=cells))
    return Table(
        name="",
        title=f"{published.title} (paper {published.paper}, Table {published.number})",
        study=results.name,
        run=results.run,
        protocol=(
            f"As printed in paper {published.paper}, section {published.section}: "
            "[window, channels] × number of layers."
        ),
        row_title="Layer",
        columns=tuple(
            Column(key=column.key, title=column.heading, numeric=False)
            for column in published.columns
        ),
        rows=tuple(rows),
        notes=published.remarks,
    )
