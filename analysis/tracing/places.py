"""Where a number stands: in which table, which row and which column."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from incay.analysis.content import Cell, Column, TableContent
from incay.analysis.errors import AnalysisError
from incay.analysis.output.keys import Keys, keys_of
from incay.analysis.output.shown import show_cell
from incay.analysis.results.study import StudyResults
from incay.trainables.errors import listed, shown

_MOST_CLOSE = 3


@dataclass(frozen=True)
class TracedTable:
    """A table that numbers are looked for in.

    Attributes:
        content: What stands in it.
        studies: The study that it is of, or the two; none where the store has them no longer.
        remarks: What is to be said of all of its numbers.
        now: The table as the store gives it today, where this is how it was exported.
    """

    content: TableContent
    studies: tuple[StudyResults, ...]
    remarks: tuple[str, ...] = ()
    now: TracedTable | None = None

    @cached_property
    def keys(self) -> Keys:
        """Its keys."""
        return keys_of(self.content)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Its cells that hold something, row by row."""
        return tuple(self._places())

    @property
    def name(self) -> str:
        """The table's name, and of which run of which study it is."""
        content = self.content
        names = zip(content.study.split(", "), content.run.split(", "), strict=False)
        return f"{content.name} of {' and '.join(f'{study}@{run}' for study, run in names)}"

    def _places(self) -> Iterator[Place]:
        for index, row in enumerate(self.content.rows):
            for column in self.content.columns:
                key = self.keys.cells.get((index, column.key))
                if key is not None:
                    yield Place(self, row.name, column, row.cells[column.key], key)


@dataclass(frozen=True)
class Place:
    """A cell and where it stands.

    Attributes:
        table: The table.
        row: The row's name.
        column: The column.
        cell: What stands there.
        key: Its key.
    """

    table: TracedTable
    row: str
    column: Column
    cell: Cell
    key: str

    @property
    def address(self) -> str:
        """What ``--cell`` names it by."""
        return f"{self.row}/{self.column.key}"

    @property
    def shown(self) -> str:
        """What is printed there."""
        return show_cell(self.cell, self.column)


def find_cell(tables: Sequence[TracedTable], address: str) -> Place:
    """Return the cell that an address such as ``RN + Softmax/error`` names.

    A column is named by its key, title or heading; capitals and spaces do not count.

    Args:
        tables: Where it is looked for; at least one.
        address: Its row and column. Either may have a ``/`` in its name.

    Raises:
        AnalysisError: There is no such cell, or more than one.
    """
    wanted = [
        (_plain(address[:at]), _plain(address[at + 1 :]))
        for at, character in enumerate(address)
        if character == "/"
    ]
    places = [place for table in tables for place in table.places]
    found = [place for place in places if any(_is_at(place, *each) for each in wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(f"{place.key} ({place.table.name})" for place in found)
        raise AnalysisError(
            f"--cell must name one cell, but {len(found)} are called {shown(address)}; a key names "
            f"one: {keys}"
        )
    raise AnalysisError(_unknown(places, tables, address))


def _is_at(place: Place, row: str, column: str) -> bool:
    return _plain(place.row) == row and column in map(_plain, _names(place.column))


def _names(column: Column) -> tuple[str, ...]:
    return column.key, column.title, column.heading


def _unknown(places: Sequence[Place], tables: Sequence[TracedTable], address: str) -> str:
    """Return what is wrong with an address, and what was probably meant."""
    of = ", ".join(table.name for table in tables)
    rows = list(dict.fromkeys(place.row for place in places))
    row, slash, column = address.rpartition("/")
    if not slash:
        return (
            f"--cell must be ROW/COLUMN of table {of}, but is {shown(address)}{_close(row, rows)}"
        )
    same = [place for place in places if _plain(place.row) == _plain(row)]
    if not same:
        return (
            f"--cell must name a row of table {of} ({listed(rows)}), but got {shown(row)}"
            f"{_close(row, rows)}"
        )
    columns = list(dict.fromkeys(place.column.key for place in same))
    known = {name: place.column.key for place in same for name in _names(place.column)}
    close = difflib.get_close_matches(column, known, n=1)
    hint = f" (did you mean {known[close[0]]!r}?)" if close else ""
    return (
        f"--cell must name a column that row {shown(row)} of table {of} has something in "
        f"({listed(columns)}), but got {shown(column)}{hint}"
    )


def _close(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=_MOST_CLOSE)
    close = close or [each for each in known if name and _plain(name) in _plain(each)][:_MOST_CLOSE]
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
