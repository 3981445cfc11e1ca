"""Tables as HTML: a whole page, or one ``<figure>`` to be put into a page or a notebook."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import groupby

from incay.analysis.output.renderers import register_renderer
from incay.analysis.output.shown import Grid, Heading, Item, lay_out
from incay.analysis.output.table import Table

Link = Callable[[Item], str]
"""Makes the text of an item that has trials behind it into a link to them."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; max-width: 72rem;
  margin: 0 auto; padding: 1rem; }
figure { margin: 0; } figcaption { margin-bottom: .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: left; vertical-align: top; }
thead th { border-bottom: 1px solid #1f2328; vertical-align: bottom; }
th[colspan] { border-bottom: 1px solid #d0d7de; text-align: center; } sup { line-height: 0; }
tbody { border-bottom: 1px solid #d0d7de; } tbody th { font-weight: 500; white-space: nowrap; }
th.number, td.number { text-align: right; white-space: nowrap; }
.notes { color: #57606a; font-size: .85rem; } .notes p { margin: .15rem 0; }
"""


@register_renderer("html")
def render_html(table: Table) -> str:
    """Return a page that holds the table and needs no other file.

    Each number carries its trials in ``data-trials``.
    """
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(table.title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            figure_html(table),
            "</body>",
            "</html>",
            "",
        ]
    )


def figure_html(table: Table, link: Link | None = None) -> str:
    """Return the table alone; `link`, where given, links numbers to their trials."""
    link = _plain if link is None else link
    grid = lay_out(table)
    notes = [f"<p>{escape(remark)}</p>" for remark in grid.remarks]
    notes += [f"<p><sup>{n}</sup> {escape(note)}</p>" for n, note in enumerate(grid.notes, 1)]
    return "\n".join(
        [
            f'<figure class="incay-table" id="table-{escape(table.name)}">',
            f"<figcaption><strong>{escape(table.title)}</strong> "
            f"<small>{escape(table.study)}, run {escape(table.run)}</small></figcaption>",
            '<div class="scroll"><table>',
            f"<thead>{_head(grid)}</thead>",
            *_bodies(grid, link),
            "</table></div>",
            f'<div class="notes">{"".join(notes)}</div>',
            "</figure>",
        ]
    )


def _head(grid: Grid) -> str:
    places = list(enumerate(grid.headings))
    if not any(heading.sub for heading in grid.headings):
        cells = [_heading(heading, heading.title, index) for index, heading in places]
        return f"<tr>{''.join(cells)}</tr>"
    upper = []
    for (title, spanned), group in groupby(places, key=lambda p: (p[1].title, bool(p[1].sub))):
        members = list(group)
        if spanned:
            upper.append(f'<th colspan="{len(members)}" scope="colgroup">{escape(title)}</th>')
        else:
            upper += [_heading(heading, title, index, rows=2) for index, heading in members]
    lower = [_heading(heading, heading.sub, index) for index, heading in places if heading.sub]
    return f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"


def _heading(heading: Heading, text: str, index: int, rows: int = 1) -> str:
    kind = ' class="number"' if heading.numeric else ""
    span = f' rowspan="{rows}"' if rows > 1 else ""
    return f'<th{kind}{span} data-sort="{index}" scope="col">{_breakable(text)}</th>'


def _breakable(text: str) -> str:
    """Return a heading that may break inside a dotted name."""
    return escape(text).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _bodies(grid: Grid, link: Link) -> list[str]:
    starts = [0, *grid.rules]
    ends = [*grid.rules, len(grid.body)]
    bodies = []
    for start, end in zip(starts, ends, strict=True):
        rows = [f"<tr>{_row(grid, row, link)}</tr>" for row in grid.body[start:end]]
        bodies.append(f"<tbody>{''.join(rows)}</tbody>")
    return bodies


def _row(grid: Grid, row: tuple[Item, ...], link: Link) -> str:
    cells = []
    for index, (heading, item) in enumerate(zip(grid.headings, row, strict=True)):
        tag = "th" if index == 0 else "td"
        kind = ' class="number"' if heading.numeric else ""
        scope = ' scope="row"' if index == 0 else ""
        hint = f' title="{escape(item.hint)}"' if item.hint else ""
        text = link(item) if item.fingerprints else escape(item.text)
        if item.bold:
            text = f"<strong>{text}</strong>"
        marks = ",".join(str(number) for number in item.notes)
        notes = f"<sup>{marks}</sup>" if marks else ""
        cells.append(f"<{tag}{kind}{scope}{hint}>{text}{notes}</{tag}>")
    return "".join(cells)


def _plain(item: Item) -> str:
    return f'<span data-trials="{" ".join(item.fingerprints)}">{escape(item.text)}</span>'
