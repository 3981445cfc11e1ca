"""The figures of the report: all that the study holds data for."""

from __future__ import annotations

import base64
import re
from html import escape

from incay.analysis.errors import AnalysisError
from incay.analysis.figures import every_figure, figures
from incay.analysis.figures.figure import Figure
from incay.analysis.results.study import StudyResults

_MOST_DATA = 200_000
"""Data of at most so many bytes can be saved from the page itself."""


_WIDE = 2.3
"""A drawing of this shape and wider gets a row of its own: beside another it would be tiny."""


def figures_section(results: StudyResults) -> str:
    """Return every figure once, and why others are missing."""
    drawn: list[str] = []
    missing: list[str] = []
    for name, figure in every_figure(results).items():
        if isinstance(figure, AnalysisError):
            title = escape(figures[name].title)
            missing.append(f"<p>{title}: {escape(str(figure))}.</p>")
        else:
            drawn.append(_figure(figure))
    grid = f'<div class="figure-grid">{"".join(drawn)}</div>' if drawn else ""
    if not missing:
        return grid
    return f'{grid}<details class="notes"><summary>Not drawn</summary>{"".join(missing)}</details>'


def _figure(figure: Figure) -> str:
    data = figure.render("csv")
    save = ""
    if len(data) <= _MOST_DATA:
        encoded = base64.b64encode(data).decode()
        save = (
            f' <a class="controls" download="{figure.name}.csv" '
            f'href="data:text/csv;base64,{encoded}">data</a>'
        )
    source = f" ({escape(figure.definition.source)})" if figure.definition.source else ""
    drawing = inline_svg(figure)
    wide = ' class="wide"' if _shape(drawing) > _WIDE else ""
    return (
        f'<figure id="figure-{figure.name}"{wide}>'
        f"<figcaption>{escape(figure.definition.title)}{source}{save}</figcaption>"
        f"{drawing}</figure>"
    )


def _shape(drawing: str) -> float:
    """Return a drawing's width over its height."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    return float(found[1]) / float(found[2]) if found else 1.0


def inline_svg(figure: Figure) -> str:
    """Return the drawing as an element of a page that holds others, too.

    Metadata and the groups' names, which would stand twice in the page, are left out.
    """
    text = figure.render("svg").decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    label = escape(figure.definition.title, quote=True)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()
