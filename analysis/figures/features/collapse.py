"""Neural collapse by iteration, where it was measured at each report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.histories import read_curves
from incay.analysis.results.study import StudyResults
from incay.trainables.metrics import SPLITS, TEST, TRAIN, VALIDATION, quantity_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_MEASURES = ("nc1", "nc2", "nc3", "nc4")


def data(results: StudyResults) -> pa.Table:
    """Return NC1 to NC4 by arm and step: of the training images if measured, else evaluated ones.

    Raises:
        AnalysisError: No report but the last has them.
    """
    for split in (TRAIN, TEST, VALIDATION):
        try:
            curves = read_curves(results, [f"{split}.{name}" for name in _MEASURES])
        except AnalysisError:
            if split == VALIDATION:
                raise
            continue
        if len(distinct(curves, "step")) > 1:
            return curves
    raise AnalysisError(
        f"study {results.name!r} must have measured neural collapse at several reports, as "
        "measure.reports: true does, but has not"
    )


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel a measure."""
    metrics = distinct(data, "metric")
    panels = canvas.subplots(1, len(metrics), squeeze=False)[0]
    canvas.set_size_inches(2.6 * len(metrics), 3.2)
    for metric, panel in zip(metrics, panels, strict=True):
        means = []
        for arm, style in arm_styles(data).items():
            curve = where(data, arm=arm, metric=metric)
            step, mean = numbers(curve, "step"), numbers(curve, "mean")
            half = numbers(curve, "half_width")
            panel.plot(step, mean, markevery=marker_every(len(step)), **style)
            low = np.maximum(mean - half, 0.0)
            panel.fill_between(step, low, mean + half, color=style["color"], alpha=0.15)
            means.append(mean)
        spread_out(panel, np.concatenate(means))
        quantity = quantity_of(metric)
        panel.set_title(quantity.short if quantity is not None else metric)
        panel.set_xlabel("iteration")
        panel.locator_params(axis="x", nbins=4)
    panels[0].set_ylabel(SPLITS[str(metrics[0]).partition(".")[0]])
    legend_below(canvas, columns=4)


register_figure("collapse")(
    FigureDefinition(
        title="Neural collapse by iteration, mean and 95 % interval over seeds",
        data=data,
        draw=draw,
    )
)
