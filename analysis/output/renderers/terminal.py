"""Tables for the terminal."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from incay.analysis.content import TableContent
from incay.analysis.output.renderers.base import register_renderer
from incay.analysis.output.shown import MISSING, Grid, Heading, Item, lay_out
from incay.trainables.outgoing import printable

_GAP = 3
_LONG_WORD = 24
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class _Column:
    """A column as text.

    Attributes:
        heading: Its lines of heading.
        numeric: Whether it is aligned right.
        texts: Its items.
        natural: The width that folds nothing.
        least: The width below which a number, a name or a word would be folded.
        joined: Whether it belongs beside the column before it.
    """

    heading: tuple[str, ...]
    numeric: bool
    texts: tuple[str, ...]
    natural: int
    least: int
    joined: bool


@register_renderer("terminal", suffix=".txt")
def render_terminal(table: TableContent) -> str:
    """Return the table as plain text, so that it reads the same in a file or a log.

    Text folds to the terminal's width; numbers are never folded or cut. Columns that do not
    fit follow in a further block below, beside the same names.
    """
    from rich.console import Console
    from rich.text import Text

    grid = lay_out(table)
    terminal = shutil.get_terminal_size((100, 24)).columns
    columns = _columns(grid)
    file = io.StringIO()
    widest = sum(column.natural + _GAP for column in columns)
    console = Console(file=file, width=max(terminal, widest), color_system=None, highlight=False)
    for line in (table.title, f"{table.study} · run {table.run} · key {grid.key}"):
        console.print(Text(printable(line)), width=terminal)
    for block in _blocks(columns, terminal):
        console.print(_drawn(block, _widths(block, terminal), grid.rules))
    for line in _foot(grid):
        console.print(Text(printable(line)), width=terminal)
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").split("\n")) + "\n"


def _columns(grid: Grid) -> list[_Column]:
    columns = []
    for index, heading in enumerate(grid.headings):
        texts = tuple(_text(row[index]) for row in grid.body)
        whole = [text for text in texts if heading.numeric and not text.startswith(MISSING)]
        if index == 0:
            whole += [text for text in texts if len(text) <= _LONG_WORD]
        lines = _heading(heading) if grid.spanned else (printable(heading.title),)
        words = [word[:_LONG_WORD] for text in (*texts, *lines) for word in text.split()]
        columns.append(
            _Column(
                heading=lines,
                numeric=heading.numeric,
                texts=texts,
                natural=max(len(text) for text in (*texts, *lines)),
                least=max((len(text) for text in (*whole, *words)), default=1),
                joined=heading.sub not in ("", "measured"),
            )
        )
    return columns


def _heading(heading: Heading) -> tuple[str, ...]:
    joined = heading.sub not in ("", "measured")
    return ("" if joined else printable(heading.title), printable(heading.sub))


def _blocks(columns: Sequence[_Column], terminal: int) -> list[list[_Column]]:
    """Return columns in blocks that fit side by side, each after the first, the names."""
    names, *rest = columns
    groups: list[list[_Column]] = []
    for column in rest:
        if column.joined:
            groups[-1].append(column)
        else:
            groups.append([column])
    blocks = [[names]]
    for group in groups:
        wanted = sum(column.least + _GAP for column in (*blocks[-1], *group))
        if wanted > terminal and len(blocks[-1]) > 1:
            blocks.append([names])
        blocks[-1] += group
    return blocks


def _widths(block: Sequence[_Column], terminal: int) -> list[int]:
    """Return the widths of a block's columns: what numbers leave goes to text."""
    least = sum(column.least for column in block)
    wanted = sum(column.natural for column in block) - least
    spare = max(0, terminal - _GAP * len(block) - least)
    share = 1.0 if wanted <= spare else spare / wanted
    return [column.least + int((column.natural - column.least) * share) for column in block]


def _drawn(block: Sequence[_Column], widths: Sequence[int], rules: Sequence[int]) -> object:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=box.SIMPLE_HEAD, header_style="", pad_edge=False)
    for column, width in zip(block, widths, strict=True):
        drawn.add_column(
            Text("\n".join(column.heading)),
            justify="right" if column.numeric else "left",
            overflow="fold",
            width=width,
        )
    for index, row in enumerate(zip(*(column.texts for column in block), strict=True)):
        drawn.add_row(*(Text(text) for text in row), end_section=index + 1 in rules)
    return drawn


def _text(item: Item) -> str:
    marks = item.raised.translate(_SUPERSCRIPTS)
    # The star stands for bold, which plain text cannot show.
    return f"{printable(item.text)}{' *' if item.bold else ''}{' ' + marks if marks else ''}"


def _foot(grid: Grid) -> list[str]:
    numbered = [
        f"{str(number).translate(_SUPERSCRIPTS)} {note}"
        for number, note in enumerate(grid.notes, start=1)
    ]
    star = any(item.bold for row in grid.body for item in row)
    return [*grid.remarks, *(["* stands for bold."] if star else []), *numbered]
