"""Tables as HTML: a whole page, or one ``<figure>`` to be put into a notebook."""

from __future__ import annotations

from incay.analysis.content import TableContent
from incay.analysis.output.jinja import environment
from incay.analysis.output.renderers.base import register_renderer
from incay.analysis.output.shown import lay_out

TEMPLATES = "incay.analysis.output"
"""Where the templates of tables and of any page lie."""


@register_renderer("html", suffix=".html")
def render_html(table: TableContent) -> str:
    """Return a page that holds the table and needs no other file.

    Each number carries its trials in ``data-trials``.
    """
    return _render("table_page.html", table)


def figure_html(table: TableContent) -> str:
    """Return the table alone."""
    return _render("figure.html", table)


def _render(template: str, table: TableContent) -> str:
    found = environment(TEMPLATES).get_template(template)
    return found.render(table=table, grid=lay_out(table))
