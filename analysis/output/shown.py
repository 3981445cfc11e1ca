"""A table as every renderer shows it: headings, items of text, numbered notes.

A column with published numbers becomes two: what was measured, and what the paper says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby

from incay.analysis.content import Cell, Column, Mark, Row, TableContent, Verdict
from incay.analysis.output.keys import keys_of

MISSING = "—"
NO_INTERVAL = f"± {MISSING}"
"""Stands after values that are all the same number."""
SYMBOLS: dict[Verdict, str] = {"reproduced": "=", "different": "≠", "undecided": "?"}
_SUFFIXES = {Mark.WORSE: "↓", Mark.UNEQUAL: "†"}


@dataclass(frozen=True)
class Item:
    """One piece of text of the grid.

    Attributes:
        text: What stands there.
        bold: Whether the test supports that it is better than its reference.
        notes: Numbers of its footnotes, from 1.
        fingerprints: The trials behind it.
        hint: Where it comes from, for whoever points at it.
        key: By which `incay trace` finds them; empty where nothing stands.
    """

    text: str
    bold: bool = False
    notes: tuple[int, ...] = ()
    fingerprints: tuple[str, ...] = ()
    hint: str = ""
    key: str = ""

    @property
    def raised(self) -> str:
        """Numbers of its footnotes, as they are set after its text."""
        return ",".join(str(number) for number in self.notes)

    def marked_up(self, escape: Callable[[str], str], bold: str, raised: str) -> str:
        """Return its text in a language of marks.

        Args:
            escape: Makes text stand there as it is.
            bold: How bold text is written, with ``{}`` for the text.
            raised: How raised text is written.
        """
        text = escape(self.text)
        if self.bold:
            text = bold.format(text)
        return text + raised.format(self.raised) if self.notes else text


@dataclass(frozen=True)
class Heading:
    """A column of the grid.

    Attributes:
        title: Its heading.
        sub: ``measured`` or the paper, where the heading spans both; else empty.
        numeric: Whether it is aligned right.
    """

    title: str
    sub: str
    numeric: bool

    @property
    def line(self) -> str:
        """The heading on one line."""
        return self.title if self.sub in ("", "measured") else f"{self.title}, {self.sub}"


_EXPLODED = 1e6


@dataclass(frozen=True)
class Grid:
    """A table, ready to be set.

    Attributes:
        headings: One per column of the grid; the first is the rows' names.
        body: One tuple of items per row, as long as `headings`.
        rules: Indices of the rows before which a rule is drawn.
        notes: The numbered footnotes.
        remarks: Notes on the whole table, the protocol first.
        key: The table's own.
    """

    headings: tuple[Heading, ...]
    body: tuple[tuple[Item, ...], ...]
    rules: tuple[int, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    key: str

    @property
    def spanned(self) -> bool:
        """Whether some heading spans what was measured and what a paper says."""
        return any(heading.sub for heading in self.headings)

    def groups(self) -> list[list[tuple[int, Heading]]]:
        """Return the headings with their numbers, those under one title together."""
        return [
            list(group)
            for _, group in groupby(
                enumerate(self.headings),
                key=lambda each: each[1].title if each[1].sub else each[0],
            )
        ]

    def blocks(self) -> list[tuple[tuple[Item, ...], ...]]:
        """Return the rows between rules."""
        ends = (*self.rules, len(self.body))
        return [self.body[start:end] for start, end in zip((0, *self.rules), ends, strict=True)]


def lay_out(table: TableContent) -> Grid:
    """Return the grid of a table."""
    numbers: dict[str, int] = {}
    papers = {column.key: _papers(table, column) for column in table.columns}
    headings = [Heading(table.row_title, "", numeric=False)]
    for column in table.columns:
        both = bool(papers[column.key])
        headings.append(Heading(column.heading, "measured" if both else "", column.numeric))
        if both:
            headings.append(Heading(column.heading, papers[column.key], column.numeric))
    keys = keys_of(table)
    body = tuple(
        _items(
            row,
            table,
            papers,
            numbers,
            {column.key: keys.cells.get((index, column.key), "") for column in table.columns},
        )
        for index, row in enumerate(table.rows)
    )
    rules = tuple(
        index
        for index in range(1, len(table.rows))
        if table.rows[index].cited != table.rows[index - 1].cited
    )
    remarks = (table.protocol, *table.notes)
    return Grid(tuple(headings), body, rules, tuple(numbers), remarks, keys.table)


def show_number(value: float, column: Column) -> str:
    """Return a number with its column's decimals and a true minus sign.

    What has exploded, such as the norm of a trial with too large a λ, is shown as 2.2e12; a p-value
    of 10⁻⁹ as < 0.0001.
    """
    least = 10.0**-column.decimals
    if column.positive and 0.0 <= value < least / 2:
        return f"< {least:.{column.decimals}f}"
    text = f"{value:.{column.decimals}f}"
    if _EXPLODED <= abs(value) < math.inf:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def _papers(table: TableContent, column: Column) -> str:
    named = {
        cell.published.paper
        for _, each, cell in table.cells()
        if each.key == column.key and cell.published is not None
    }
    return f"paper {' and '.join(sorted(named))}" if named else ""


def _items(
    row: Row,
    table: TableContent,
    papers: dict[str, str],
    numbers: dict[str, int],
    keys: dict[str, str],
) -> tuple[Item, ...]:
    items = [Item(row.name)]
    told: set[str] = set()
    for column in table.columns:
        cell = row.cells.get(column.key, Cell())
        reason = "" if cell.reason in told else cell.reason
        told.add(cell.reason)
        items.append(_measured(cell, reason, column, numbers, keys[column.key]))
        if papers[column.key]:
            items.append(_published(cell, column))
    return tuple(items)


def show_cell(cell: Cell, column: Column, reason: str | None = None) -> str:
    """Return what is printed of what was measured.

    Args:
        cell: The cell.
        column: Its column.
        reason: Why there is no number, where that is to be said otherwise than in the cell.
    """
    if cell.value is not None:
        text = show_number(cell.value, column)
        if cell.half_width is not None:
            text += f" ± {show_number(cell.half_width, column)}"
        elif cell.interval is not None:
            low, high = (show_number(end, column) for end in cell.interval)
            text += f" ({low} to {high})"
        elif cell.no_spread:
            text += f" {NO_INTERVAL}"
        return text + "".join(suffix for mark, suffix in _SUFFIXES.items() if mark in cell.marks)
    if cell.text:
        return cell.text
    if cell.reason:
        return f"{MISSING} {cell.reason if reason is None else reason}".strip()
    return "cited" if cell.published is not None and cell.published.cited else ""


def _measured(cell: Cell, reason: str, column: Column, numbers: dict[str, int], key: str) -> Item:
    trials = f"{len(cell.fingerprints)} trials: " if cell.fingerprints else ""
    return Item(
        show_cell(cell, column, reason),
        bold=Mark.BETTER in cell.marks,
        notes=_number(cell.notes, numbers),
        fingerprints=cell.fingerprints,
        hint=f"{trials}incay trace {key}" if key else "",
        key=key,
    )


def _published(cell: Cell, column: Column) -> Item:
    published = cell.published
    if published is None:
        return Item("")
    value = published.value
    text = value if isinstance(value, str) else show_number(value, column)
    if published.verdict is not None:
        text += f" {SYMBOLS[published.verdict]}"
    return Item(text, hint=published.source)


def _number(notes: Iterable[str], numbers: dict[str, int]) -> tuple[int, ...]:
    return tuple(numbers.setdefault(note, len(numbers) + 1) for note in notes)
