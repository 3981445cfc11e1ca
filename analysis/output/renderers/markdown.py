"""Tables for Markdown (GitHub's flavour)."""

from __future__ import annotations

from incay.analysis.content import TableContent
from incay.analysis.output.renderers.base import register_renderer
from incay.analysis.output.shown import Item, lay_out
from incay.trainables.outgoing import printable


@register_renderer("markdown", suffix=".md")
def render_markdown(table: TableContent) -> str:
    """Return a caption, the table, and its notes as a list."""
    grid = lay_out(table)
    headings = [escape(heading.line) for heading in grid.headings]
    rules = ["---:" if heading.numeric else ":---" for heading in grid.headings]
    lines = [_line(headings), _line(rules)]
    lines += [_line([_item(item) for item in row]) for row in grid.body]
    remarks = [f"- {escape(remark)}" for remark in grid.remarks]
    notes = [f"- <sup>{n}</sup> {escape(note)}" for n, note in enumerate(grid.notes, start=1)]
    place = f"{escape(table.study)}, run {table.run}, key {grid.key}"
    caption = f"**{escape(table.title)}** ({place})"
    return "\n".join([caption, "", *lines, "", *remarks, *notes]) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown shows as it is."""
    text = printable(text).replace("&", "&amp;")
    for character in "\\`*_|<>[]#~$":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _line(parts: list[str]) -> str:
    return f"| {' | '.join(parts)} |"


def _item(item: Item) -> str:
    return item.marked_up(escape, "**{}**", "<sup>{}</sup>")
