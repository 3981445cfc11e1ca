"""The bound on feature norms of Property 3 (paper A, Figure 5; paper B, Figure 3).

With α the lower bound of the norms and θ the angle between neighbouring classes, features stay
closer to their own class than to any other while norms stay below β = α (1 + 2 sin(θ/2)): 3α in
general, and at least (1 + √2) α where K < 2D lets classes stand 90° apart. Like the paper, this
takes the average norm for α.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import COLOURS, as_text
from incay.analysis.results.completed import samples_by_arm
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_NARROW = 1.0 + math.sqrt(2.0)
_WIDE = 3.0
_CIRCLES = (
    (1.0, "α", COLOURS[2], "-"),
    (_NARROW, "(1+√2) α", COLOURS[1], "--"),
    (_WIDE, "3 α", COLOURS[4], ":"),
)
"""Multiples of α with name, colour and dash: circles on the left, lines on the right."""
_BINS = 60
_ARROW = {"arrowstyle": "->", "color": "#7A7A7A", "shrinkA": 0.0}
_BEHIND = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none"}


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, α, both bounds, the share of images beyond each, and norm quantiles.

    ``quantile_00`` to ``quantile_60`` are evenly spaced quantiles of ‖f‖; replicates pooled.
    """
    rows = []
    for arm, models in samples_by_arm(results):
        norm = np.concatenate([samples.norm for samples in models])
        alpha = float(norm.mean())
        row = {
            "arm": arm.name,
            "alpha": alpha,
            "narrow": _NARROW * alpha,
            "wide": _WIDE * alpha,
            "beyond_narrow": float((norm > _NARROW * alpha).mean()),
            "beyond_wide": float((norm > _WIDE * alpha).mean()),
        }
        quantiles = np.quantile(norm, np.linspace(0.0, 1.0, _BINS + 1))
        row |= {f"quantile_{i:02}": float(value) for i, value in enumerate(quantiles)}
        rows.append(row)
    return pa.Table.from_pylist(rows)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw the geometry on the left, and where each arm's norms lie between α and β."""
    left, right = canvas.subplots(1, 2, width_ratios=(1.0, 1.5))
    around = np.linspace(0.0, 2.0 * math.pi, 200)
    for factor, label, colour, dash in _CIRCLES:
        left.plot(factor * np.cos(around), factor * np.sin(around), color=colour, linestyle=dash)
        left.annotate(label, (0.0, factor), ha="center", va="center", color=colour, bbox=_BEHIND)
    for angle in np.deg2rad([45.0, 135.0, 225.0, 315.0]):
        tip = (_NARROW * math.cos(angle), _NARROW * math.sin(angle))
        left.annotate("", tip, (0.0, 0.0), arrowprops=_ARROW)
    left.set_aspect("equal")
    left.set_axis_off()
    left.set_title("classes 90° apart")

    arms = distinct(data, "arm")
    for index, arm in enumerate(arms):
        row = where(data, arm=arm)
        alpha = numbers(row, "alpha")[0]
        spread = [numbers(row, f"quantile_{i:02}")[0] / alpha for i in range(_BINS + 1)]
        right.plot([spread[0], spread[-1]], [index, index], color="#7A7A7A", linewidth=0.8)
        right.plot([spread[_BINS // 20], spread[-_BINS // 20]], [index, index], color="black", lw=4)
        beyond = 100.0 * numbers(row, "beyond_narrow")[0]
        right.annotate(
            f"{beyond:.2g} %",
            (1.02, index),
            xycoords=("axes fraction", "data"),
            va="center",
            annotation_clip=False,
        )
    for factor, _, colour, dash in _CIRCLES:
        right.axvline(factor, color=colour, linestyle=dash)
    right.set_yticks(
        range(len(arms)),
        [f"{as_text(arm)}\nα = {numbers(where(data, arm=arm), 'alpha')[0]:.3g}" for arm in arms],
    )
    right.set_ylim(len(arms) - 0.4, -0.6)
    right.set_xlim(left=0.0)
    right.set_title("images beyond (1+√2) α", loc="right")
    right.set_xlabel("‖f‖ / α (thick: 5 % to 95 % of images)")


register_figure("paper-a-figure-5", "paper-b-figure-3")(
    FigureDefinition(
        title="The bound on feature norms, and the measured norms against it",
        source="paper A, Property 3 and Figure 5; paper B, Figure 3",
        data=data,
        draw=draw,
        size=(6.4, 2.8),
    )
)
