"""Paper A, Table 8, and paper B, Table 1: the networks, as the papers describe them."""

from __future__ import annotations

from incay.analysis.content import Cell, Column, Row
from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.frame import paper_title


@register_paper_table("paper-a-table-8", "paper-b-table-1")
def layers(results: StudyResults, published: PublishedTable) -> Table:
    """Return the layers of the networks for MNIST, CIFAR10 and CIFAR100; in B MNIST-2D as well."""
    rows = []
    for row in published.rows:
        cells = {}
        for column in published.columns:
            layer = published.cell(row.key, column.key)
            cells[column.key] = Cell(text="N/A" if layer is None else str(layer.value))
        rows.append(Row(name=row.heading, cells=cells))
    return Table(
        name="",
        title=paper_title(published),
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
