"""Histograms of kinds of images, one panel an arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import as_text, bar_styles, legend_below
from incay.analysis.results.samples import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_PER_ROW = 3


def histogram(arm: str, values: Mapping[str, Floats], edges: Floats) -> list[dict[str, Any]]:
    """Return a row for each bin of each kind: how many values, and which share of the kind's."""
    rows = []
    for kind, each in values.items():
        counts, _ = np.histogram(each.clip(edges[0], edges[-1]), edges)
        total = max(1, int(counts.sum()))
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            rows.append(
                {
                    "arm": arm,
                    "kind": kind,
                    "low": float(low),
                    "high": float(high),
                    "images": int(count),
                    "share": float(count) / total,
                }
            )
    return rows


def draw_histograms(data: pa.Table, canvas: Canvas, label: str) -> None:
    """Draw the kinds of each arm over each other."""
    arms = distinct(data, "arm")
    lines = -(-len(arms) // _PER_ROW)
    canvas.set_size_inches(2.8 * min(_PER_ROW, len(arms)), 2.1 * lines + 0.4)
    panels = canvas.subplots(
        lines, min(_PER_ROW, len(arms)), sharex=True, sharey=True, squeeze=False
    ).ravel()
    for panel in panels[len(arms) :]:
        panel.set_visible(False)
    for arm, panel in zip(arms, panels, strict=False):
        for kind, style in bar_styles(distinct(data, "kind")).items():
            bins = where(data, arm=arm, kind=kind)
            edges = np.append(numbers(bins, "low"), numbers(bins, "high")[-1:])
            look = {**style, "edgecolor": style["facecolor"], "linewidth": 1.0}
            panel.stairs(100.0 * numbers(bins, "share"), edges, fill=True, alpha=0.5, **look)
        panel.set_title(as_text(arm))
        panel.set_xlabel(label)
    panels[0].set_ylabel("share of images (%)")
    legend_below(canvas)
