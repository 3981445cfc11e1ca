"""Distribution of feature norms of images that are right and wrong (paper A, Figure 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.norms import NormRange, label_norms
from incay.analysis.figures.shared.style import as_text, bar_styles, legend_below
from incay.analysis.results.completed import samples_by_arm
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_BINS = 40


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, kind and norm bin, the share of that kind's images; replicates pooled."""
    models = list(samples_by_arm(results))
    span = NormRange({arm.name: each for arm, each in models})
    edges = np.linspace(0.0, span.largest or 1.0, _BINS + 1)
    rows = []
    for arm, each in models:
        norm = span.clip(np.concatenate([samples.norm for samples in each]))
        correct = np.concatenate([samples.correct for samples in each])
        for kind, chosen in (("correct", correct), ("wrong", ~correct)):
            counts, _ = np.histogram(norm[chosen], edges)
            total = max(1, int(counts.sum()))
            for index, count in enumerate(counts):
                rows.append(
                    {
                        "arm": arm.name,
                        "kind": kind,
                        "low": float(edges[index]),
                        "high": float(edges[index + 1]),
                        "images": int(count),
                        "share": float(count) / total,
                    }
                )
    return span.note(pa.Table.from_pylist(rows))


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel per arm, correct and wrong images over each other."""
    arms = distinct(data, "arm")
    canvas.set_size_inches(2.6 * min(3, len(arms)), 2.1 * -(-len(arms) // 3) + 0.3)
    panels = canvas.subplots(
        -(-len(arms) // 3), min(3, len(arms)), sharex=True, sharey=True, squeeze=False
    ).ravel()
    for panel in panels[len(arms) :]:
        panel.set_visible(False)
    for arm, panel in zip(arms, panels, strict=False):
        for kind, style in bar_styles(("correct", "wrong")).items():
            bins = where(data, arm=arm, kind=kind)
            edges = np.append(numbers(bins, "low"), numbers(bins, "high")[-1:])
            panel.stairs(
                100.0 * numbers(bins, "share"),
                edges,
                fill=True,
                alpha=0.55,
                **{**style, "edgecolor": style["facecolor"], "linewidth": 1.0},
            )
        panel.set_title(as_text(arm))
        label_norms(panel, data, arm)
    panels[0].set_ylabel("share of images (%)")
    legend_below(canvas)


register_figure("paper-a-figure-3")(
    FigureDefinition(
        title="Feature norms of images that are classified correctly and wrongly",
        source="paper A, Figure 3",
        data=data,
        draw=draw,
    )
)
