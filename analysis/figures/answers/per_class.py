"""Mean feature norm and accuracy by class (paper A, Figure 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, bar_styles, legend_below
from incay.analysis.results.completed import samples_by_arm
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.summary import summarize
from incay.trainables.metrics import ACCURACY, NORM

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def data(results: StudyResults) -> pa.Table:
    """Return, by arm and class, norm and accuracy: mean and half the 95% interval over seeds."""
    rows = []
    for arm, models in samples_by_arm(results):
        for label in np.unique(models[0].label):
            norms, accuracies = [], []
            for samples in models:
                chosen = samples.label == label
                norms.append(float(samples.norm[chosen].mean()))
                accuracies.append(100.0 * float(samples.correct[chosen].mean()))
            norm, accuracy = summarize(norms), summarize(accuracies)
            rows.append(
                {
                    "arm": arm.name,
                    "label": int(label),
                    NORM.name: norm.mean,
                    f"{NORM.name}_half_width": norm.half_width,
                    ACCURACY.name: accuracy.mean,
                    f"{ACCURACY.name}_half_width": accuracy.half_width,
                    "n": norm.n,
                }
            )
    return pa.Table.from_pylist(rows)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw norms above, accuracies below; the accuracy axis starts below the least bar."""
    above, below = canvas.subplots(2, 1, sharex=True)
    arms, labels = distinct(data, "arm"), distinct(data, "label")
    width = 0.8 / len(arms)
    for index, (name, style) in enumerate(arm_styles(data, bar_styles).items()):
        each = where(data, arm=name)
        middle = numbers(each, "label") + (index - (len(arms) - 1) / 2.0) * width
        for panel, quantity in ((above, NORM), (below, ACCURACY)):
            half = numbers(each, f"{quantity.name}_half_width")  # NaN, without a spread: no bar
            value = numbers(each, quantity.name)
            ends = np.stack([np.minimum(half, value), np.minimum(half, quantity.most - value)])
            error = {"elinewidth": 0.7, "ecolor": "#555555"}
            panel.bar(middle, value, width, yerr=ends, error_kw=error, **style)
    above.set_ylabel(NORM.heading)
    accuracy = numbers(data, ACCURACY.name)
    below.set_ylim(max(0.0, accuracy.min() - 0.25 * (100.0 - accuracy.min()) - 1.0), 100.0)
    below.set_ylabel(ACCURACY.heading)
    below.set_xlabel("class")
    legend_below(canvas)
    below.set_xticks(labels if len(labels) <= 20 else labels[:: len(labels) // 10])


register_figure("paper-a-figure-6")(
    FigureDefinition(
        title="Mean feature norm and accuracy by class",
        source="paper A, Figure 6",
        data=data,
        draw=draw,
        size=(6.4, 4.2),
    )
)
