"""Paper A, Table 1: face verification on LFW."""

from __future__ import annotations

from dataclasses import replace

from incay.analysis.content import Cell, Column, Row
from incay.analysis.output.table import Table
from incay.analysis.papers.publications import PublishedTable
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_paper_table
from incay.analysis.tables.layouts.methods import TEST_ACCURACY, methods_table
from incay.analysis.tables.layouts.names import STRAIGHT_THROUGH, plain
from incay.trainables import names

_WORDS = (
    Column(key="data", title="Data", numeric=False),
    Column(key="network", title="Network", numeric=False),
)
_SETTINGS = {"data": names.DATASET, "network": names.NETWORK}


@register_paper_table("paper-a-table-1")
def paper_a_table_1(results: StudyResults, published: PublishedTable) -> Table:
    """Return the mean accuracy over LFW's ten folds (paper A, Table 1)."""
    accuracy = replace(TEST_ACCURACY, column=replace(TEST_ACCURACY.column, title="mAcc"))
    table = methods_table(results, published, (accuracy,))
    rows = tuple(_with_words(results, published, row) for row in table.rows)
    return replace(table, columns=(*_WORDS, *table.columns), rows=rows)


def _with_words(results: StudyResults, published: PublishedTable, row: Row) -> Row:
    name = row.name.removesuffix(STRAIGHT_THROUGH)
    arms = [arm for arm in results.arms if plain(arm.name) == plain(name) and not row.cited]
    cells = dict(row.cells)
    for key, setting in _SETTINGS.items():
        line = next((line.key for line in published.rows if line.heading == name), None)
        number = published.cell(line, key) if line is not None else None
        if arms:
            cells[key] = Cell(text=str(arms[0].setting(setting) or ""))
        elif number is not None:
            cells[key] = Cell(text=str(number.value))
    return replace(row, cells=cells)
