"""Tables of planted studies, and their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incay.analysis import load, table
from incay.analysis.content import Cell
from incay.analysis.output.table import Table

if TYPE_CHECKING:
    from study_factory import StudyFactory

CIFAR10 = {"dataset.name": "cifar10", "network.name": "cifar10"}


def built(factory: StudyFactory, name: str) -> Table:
    """Return a table of a study, by the definition's name."""
    return table(load(factory.write(), factory.name), name)


def cell(shown: Table, row: str, column: str) -> Cell:
    """Return a cell of a row that was measured here."""
    found = [each.cells[column] for each in shown.rows if each.name == row and not each.cited]
    assert len(found) == 1, [each.name for each in shown.rows]
    return found[0]
