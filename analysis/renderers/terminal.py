"""Tables for the terminal."""

from __future__ import annotations

import io
import shutil

from analysis.cells import Table
from analysis.renderers import register_renderer
from analysis.renderers._grid import MISSING, Grid, Item, lay_out

_GAP = 3
_LONG_WORD = 24
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@register_renderer("terminal")
def render_terminal(table: Table) -> str:
    """Return the table as plain text, so that it reads the same in a file or a log.

    Columns of text fold to the terminal's width; numbers are never folded or cut, so a table
    of many numbers may be wider than the terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = lay_out(table)
    terminal = shutil.get_terminal_size((100, 24)).columns
    widths = _widths(grid, terminal - _GAP * len(grid.headings))
    drawn = RichTable(
        box=box.SIMPLE_HEAD,
        title=f"{table.title}\n{table.study} · run {table.run}",
        title_justify="left",
        title_style="",
        header_style="",
        pad_edge=False,
    )
    for heading, lines, width in zip(grid.headings, _headings(grid), widths, strict=True):
        drawn.add_column(
            "\n".join(lines),
            justify="right" if heading.numeric else "left",
            overflow="fold",
            width=width,
        )
    for index, row in enumerate(grid.body):
        drawn.add_row(
            *(Text(_text(item)) for item in row),
            end_section=index + 1 in grid.rules,
        )
    file = io.StringIO()
    width = max(terminal, sum(widths) + _GAP * len(widths))
    console = Console(file=file, width=width, color_system=None, highlight=False)
    console.print(drawn)
    for line in _foot(grid):
        console.print(Text(line), width=terminal)
    return "\n".join(line.rstrip() for line in file.getvalue().strip("\n").split("\n")) + "\n"


def _headings(grid: Grid) -> list[tuple[str, ...]]:
    if not any(heading.sub for heading in grid.headings):
        return [(heading.title,) for heading in grid.headings]
    return [
        ("" if heading.sub not in ("", "measured") else heading.title, heading.sub)
        for heading in grid.headings
    ]


def _widths(grid: Grid, available: int) -> list[int]:
    """Return the columns' widths: numbers and names as wide as they are, text by what is left."""
    natural, least = [], []
    for index, (heading, lines) in enumerate(zip(grid.headings, _headings(grid), strict=True)):
        items = [_text(row[index]) for row in grid.body]
        whole = [item for item in items if heading.numeric and not item.startswith(MISSING)]
        if index == 0:
            whole += [item for item in items if len(item) <= _LONG_WORD]
        words = [word[:_LONG_WORD] for text in (*items, *lines) for word in text.split()]
        natural.append(max(len(text) for text in (*items, *lines)))
        least.append(max((len(text) for text in (*whole, *words)), default=1))
    wanted = sum(natural) - sum(least)
    spare = max(0, available - sum(least))
    share = 1.0 if wanted <= spare else spare / wanted
    return [low + int((high - low) * share) for low, high in zip(least, natural, strict=True)]


def _text(item: Item) -> str:
    marks = ",".join(str(number) for number in item.notes).translate(_SUPERSCRIPTS)
    # The star stands for bold, which plain text cannot show.
    return f"{item.text}{' *' if item.bold else ''}{' ' + marks if marks else ''}"


def _foot(grid: Grid) -> list[str]:
    numbered = [
        f"{str(number).translate(_SUPERSCRIPTS)} {note}"
        for number, note in enumerate(grid.notes, start=1)
    ]
    star = any(item.bold for row in grid.body for item in row)
    return [*grid.remarks, *(["* stands for bold."] if star else []), *numbered]
