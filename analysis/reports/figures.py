"""The figures of the report: all that the study holds data for."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import figures
from incay.analysis.figures.building import every_figure
from incay.analysis.figures.figure import Figure
from incay.analysis.results.study import StudyResults

_MOST_DATA = 200_000
"""Data of at most so many bytes can be saved from the page itself."""

_WIDE = 2.3
"""A drawing of this shape and wider gets a row of its own: beside another it would be tiny."""


@dataclass(frozen=True)
class InlinedFigure:
    """A figure as an element of the page.

    Attributes:
        figure: The figure.
        svg: Its drawing.
        wide: Whether it gets a row of its own.
        data: Its data as CSV in base64; empty where they are too large.
    """

    figure: Figure
    svg: Markup
    wide: bool
    data: str


@dataclass(frozen=True)
class InlinedFigures:
    """Every figure once; of those that are missing, the title and why."""

    drawn: Sequence[InlinedFigure]
    missing: Sequence[tuple[str, str]]


def inlined_figures(results: StudyResults) -> InlinedFigures:
    """Return every figure once, and why others are missing."""
    drawn, missing = [], []
    for name, figure in every_figure(results).items():
        if isinstance(figure, AnalysisError):
            missing.append((figures[name].title, str(figure)))
        else:
            drawn.append(_inlined(figure))
    return InlinedFigures(drawn, missing)


def _inlined(figure: Figure) -> InlinedFigure:
    csv, svg = figure.render("csv"), inline_svg(figure)
    data = base64.b64encode(csv).decode() if len(csv) <= _MOST_DATA else ""
    return InlinedFigure(figure, svg, _shape(svg) > _WIDE, data)


def _shape(drawing: str) -> float:
    """Return a drawing's width over its height."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing)
    return float(found[1]) / float(found[2]) if found else 1.0


def inline_svg(figure: Figure) -> Markup:
    """Return the drawing as an element of a page that holds others, too.

    Metadata and the groups' names, which would stand twice in the page, are left out.
    """
    text = figure.render("svg").decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    label = escape(figure.definition.title)
    # Matplotlib has escaped the names that it sets.
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip())
