"""Measures by iteration: neural collapse, and the columns of a study's own table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.histories import read_curves
from incay.analysis.results.measured import metric_named
from incay.analysis.results.study import StudyResults
from incay.trainables.metrics import SPLITS, TEST, TRAIN, VALIDATION, quantity_of, split_of, word_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_COLLAPSE = ("nc1", "nc2", "nc3", "nc4")
_IN_A_ROW = 4


def data_of_collapse(results: StudyResults) -> pa.Table:
    """Return NC1 to NC4 by arm and step: of the training images if measured, else evaluated ones.

    Raises:
        AnalysisError: No report but the last has them.
    """
    for split in (TRAIN, TEST, VALIDATION):
        curves = _reported(results, [f"{split}.{name}" for name in _COLLAPSE])
        if curves is not None:
            return curves
    raise AnalysisError(_none(results, _COLLAPSE))


def data_of_columns(results: StudyResults) -> pa.Table:
    """Return the study's columns by arm and step, each of the first split that reports have it of.

    Raises:
        AnalysisError: The study has no columns, or no report but the last has one of them.
    """
    if not results.columns:
        raise AnalysisError(
            f"study {results.name!r} must name columns, such as columns: [error, ece], of which "
            "this figure shows the course, but names none"
        )
    found = []
    for name in results.columns:
        metric = metric_named(results, name)
        splits = dict.fromkeys((split_of(metric), TEST, VALIDATION, TRAIN))
        curves = (_reported(results, [f"{split}.{word_of(metric)}"]) for split in splits)
        found += [next((each for each in curves if each is not None), None)]
    shown = [each for each in found if each is not None]
    if not shown:
        raise AnalysisError(_none(results, results.columns))
    return pa.concat_tables(shown)


def _reported(results: StudyResults, metrics: Sequence[str]) -> pa.Table | None:
    """Return metrics by arm and step, None where no more than one report has them."""
    try:
        curves = read_curves(results, metrics)
    except AnalysisError:
        return None
    return curves if len(distinct(curves, "step")) > 1 else None


def _none(results: StudyResults, names: Sequence[str]) -> str:
    return (
        f"study {results.name!r} must have measured {', '.join(names)} at several reports: "
        "measure.reports: true measures all of the splits that are open then, which are the "
        "training images with measure.train: true, those held out, and under protocol: paper the "
        "test images; but no report has them"
    )


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel a measure."""
    metrics = distinct(data, "metric")
    rows = -(-len(metrics) // _IN_A_ROW)
    across = -(-len(metrics) // rows)
    panels = canvas.subplots(rows, across, squeeze=False).flatten()
    canvas.set_size_inches(2.6 * across, 0.4 + 2.8 * rows)
    for panel in panels[len(metrics) :]:
        panel.remove()
    for metric, panel in zip(metrics, panels, strict=False):
        means = []
        for arm, style in arm_styles(data).items():
            curve = where(data, arm=arm, metric=metric)
            step, mean = numbers(curve, "step"), numbers(curve, "mean")
            half = numbers(curve, "half_width")
            panel.plot(step, mean, markevery=marker_every(len(step)), **style)
            # Student's interval knows no bounds; what is never negative is not so in its band.
            low = np.maximum(mean - half, 0.0) if (mean >= 0.0).all() else mean - half
            panel.fill_between(step, low, mean + half, color=style["color"], alpha=0.15)
            means.append(mean)
        spread_out(panel, np.concatenate(means))
        quantity = quantity_of(metric)
        panel.set_title(quantity.short if quantity is not None else metric)
        unit = f" ({quantity.unit})" if quantity is not None and quantity.unit else ""
        panel.set_ylabel(SPLITS.get(split_of(metric), "") + unit)
        panel.set_xlabel("iteration")
        panel.locator_params(axis="x", nbins=4)
    legend_below(canvas, columns=4)


register_figure("collapse")(
    FigureDefinition(
        title="Neural collapse by iteration, mean and 95 % interval over seeds",
        data=data_of_collapse,
        draw=draw,
    )
)
register_figure("columns")(
    FigureDefinition(
        title="The study's columns by iteration, mean and 95 % interval over seeds",
        data=data_of_columns,
        draw=draw,
    )
)
