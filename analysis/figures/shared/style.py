"""Colours, dashes and markers that stay apart for colour-blind readers and in grey.

The colours are Okabe and Ito's (jfly.uni-koeln.de/color), ordered so that neighbours differ in
lightness; every line also has a dash pattern and a marker of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.analysis.figures.shared.groups import distinct
from incay.trainables.outgoing import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

COLOURS = ("#000000", "#E69F00", "#0072B2", "#CC79A7", "#D55E00", "#56B4E9", "#009E73", "#7A7A7A")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2)), (0, (3, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "++", "oo", "--")

_LONGEST_LABEL = 48


def line_styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return keyword arguments of `Axes.plot` by name, in order of first appearance."""
    styles = {}
    for index, name in enumerate(dict.fromkeys(names)):
        turn = index // len(COLOURS)  # a colour comes again with another dash and marker
        styles[name] = {
            "color": COLOURS[index % len(COLOURS)],
            "linestyle": DASHES[(index + turn) % len(DASHES)],
            "marker": MARKERS[(index + 3 * turn) % len(MARKERS)],
            "label": as_text(name),
        }
    return styles


def bar_styles(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return keyword arguments of `Axes.bar` by name, in order of first appearance."""
    styles = {}
    for index, name in enumerate(dict.fromkeys(names)):
        turn = index // len(COLOURS)
        styles[name] = {
            "facecolor": COLOURS[index % len(COLOURS)],
            "hatch": HATCHES[(index + turn) % len(HATCHES)],
            "edgecolor": "white",
            "linewidth": 0.4,
            "label": as_text(name),
        }
    return styles


def arm_styles(
    data: pa.Table, styles: Callable[[Iterable[str]], dict[str, dict[str, Any]]] = line_styles
) -> dict[str, dict[str, Any]]:
    """Return styles by arm, in order of appearance.

    An arm looks the same in all of a study's figures, whichever arms they show.
    """
    names = distinct(data, "arm")
    known = json.loads((data.schema.metadata or {}).get(b"arms", b"[]"))
    every = styles([*known, *names])
    return {name: every[name] for name in names}


def spread_out(axes: Axes, values: npt.NDArray[np.float64]) -> None:
    """Give positive values that span more than a decade a logarithmic axis."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    known = values[np.isfinite(values)]
    if not known.size or known.min() <= 0.0 or known.max() <= 10.0 * known.min():
        return
    axes.set_yscale("log")
    if known.max() < 1000.0 * known.min():
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())


def marker_every(count: int) -> int:
    """Return at which stride markers are drawn on a line of `count` points."""
    return max(1, count // 8)


def as_text(name: str) -> str:
    """Return a name so that Matplotlib shows it as it is, a long one without its middle.

    It takes what stands between two dollar signs for mathematics, leaves what begins with an
    underscore out of legends, and panels no room beside names that are as long as a figure is wide.
    """
    if len(name) > _LONGEST_LABEL:
        name = f"{name[: _LONGEST_LABEL // 2]}…{name[-_LONGEST_LABEL // 4 :]}"
    name = name.replace("\t", " ")
    return (" " if name.startswith("_") else "") + printable(name).replace("$", r"\$")


def legend_below(canvas: Canvas, columns: int = 3) -> None:
    """Put one legend for all panels below them, where it covers nothing."""
    found: dict[str, Any] = {}
    for panel in canvas.axes:
        handles, labels = panel.get_legend_handles_labels()
        for handle, label in zip(handles, labels, strict=True):
            found.setdefault(label, handle)
    if found:
        canvas.legend(list(found.values()), list(found), loc="outside lower center", ncols=columns)
