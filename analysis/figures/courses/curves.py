"""Norm, loss and accuracy by iteration (paper A, Figures 2a-c and 8; paper B, Figures 1 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.histories import read_curves
from incay.analysis.results.study import StudyResults
from incay.trainables.metrics import (
    ACCURACY,
    CLASSIFICATION_TERMS,
    ERROR,
    LOSS,
    NORM,
    SPLITS,
    TEST,
    TRAIN,
    Quantity,
    split_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_CROSS_ENTROPY = CLASSIFICATION_TERMS[0]
"""What is evaluated of any loss; what is trained may be another term."""


def data_of_test(results: StudyResults) -> pa.Table:
    """Return the evaluated split's norm, loss and accuracy by arm and step."""
    return _with_accuracy(read_curves(results, [each.of(TEST) for each in (NORM, LOSS, ERROR)]))


def data_of_both(results: StudyResults) -> pa.Table:
    """Return accuracy of the evaluated split, norm and loss of it and of training.

    Of training it is the term that classifies, ``train.cross_entropy`` or ``train.hinge``, and
    never ``train.loss``, the objective: that holds what is added to it, such as incay. An arm
    whose reports have no such term has no curve of it.
    """
    evaluated = [each.of(TEST) for each in (ERROR, NORM, LOSS)]
    terms = [f"{TRAIN}.{term}" for term in CLASSIFICATION_TERMS]
    return _with_accuracy(read_curves(results, [*evaluated, NORM.of(TRAIN), *terms]))


def draw_test(data: pa.Table, canvas: Canvas) -> None:
    """Draw three panels: norm, loss, accuracy (paper A, Figure 2a-c)."""
    _draw(data, canvas, (NORM, LOSS, ACCURACY))


def draw_both(data: pa.Table, canvas: Canvas) -> None:
    """Draw accuracy, norm and loss; a further panel per further data set (paper A, Figure 8)."""
    _draw(data, canvas, (ACCURACY, NORM, LOSS))


def _with_accuracy(curves: pa.Table) -> pa.Table:
    """Return errors as accuracies, as the papers draw them."""
    error, accuracy = f".{ERROR.name}", f".{ACCURACY.name}"
    is_error = pc.ends_with(curves.column("metric"), error)
    mean = pc.if_else(is_error, pc.subtract(100.0, curves.column("mean")), curves.column("mean"))
    name = pc.replace_substring(curves.column("metric"), error, accuracy)
    curves = curves.set_column(curves.column_names.index("mean"), "mean", mean)
    return curves.set_column(curves.column_names.index("metric"), "metric", name)


def _draw(data: pa.Table, canvas: Canvas, quantities: tuple[Quantity, ...]) -> None:
    datasets = distinct(data, "dataset")
    panels = [(datasets[0], quantity) for quantity in quantities if _metrics(data, quantity)]
    panels += [(other, ACCURACY) for other in datasets[1:]]
    axes = canvas.subplots(1, len(panels), squeeze=False)[0]
    canvas.set_size_inches(2.6 * len(panels), 3.2)
    for letter, (dataset, quantity), panel in zip("abcdefgh", panels, axes, strict=False):
        shown = where(data, dataset=dataset)
        _panel(panel, shown, quantity)
        title = f"({letter}) {_title(shown, quantity)}"
        panel.set_title(f"{title}, {dataset}" if len(datasets) > 1 else title)
        panel.set_xlabel("iteration")
        panel.locator_params(axis="x", nbins=4)
    legend_below(canvas, columns=4)


def _metrics(data: pa.Table, quantity: Quantity) -> list[str]:
    """Return the metrics that a quantity's panel draws: of the loss also training's term."""
    names = (LOSS.name, *CLASSIFICATION_TERMS) if quantity == LOSS else (quantity.name,)
    return [metric for metric in distinct(data, "metric") if _name(metric) in names]


def _title(data: pa.Table, quantity: Quantity) -> str:
    if quantity != LOSS:
        return quantity.heading
    drawn = {_name(metric) for metric in _metrics(data, LOSS)}
    return "softmax loss" if drawn <= {LOSS.name, _CROSS_ENTROPY} else "classification loss"


def _name(metric: str) -> str:
    return metric.rpartition(".")[2]


def _panel(panel: Axes, data: pa.Table, quantity: Quantity) -> None:
    means: list[npt.NDArray[np.float64]] = []
    for metric in _metrics(data, quantity):
        trained = split_of(metric) == TRAIN
        thin = {"alpha": 0.45, "linewidth": 0.9} if trained else {}
        for arm, style in arm_styles(data).items():
            curve = where(data, arm=arm, metric=metric)
            step, mean = numbers(curve, "step"), numbers(curve, "mean")
            half = numbers(curve, "half_width")  # NaN, without a spread: the band has a gap
            means.append(mean)
            label = f"{style['label']}, {SPLITS[TRAIN]}" if trained else style["label"]
            look = {**style, **thin, "label": label}
            if len(step):  # an arm without the metric does not stand in the legend either
                panel.plot(step, mean, markevery=marker_every(len(step)), **look)
            # Student's interval knows no bounds, but these quantities have them.
            low, high = np.maximum(mean - half, 0.0), np.minimum(mean + half, quantity.most)
            panel.fill_between(step, low, high, color=style["color"], alpha=0.15)
    if quantity != ACCURACY:
        _show_the_means(panel, np.concatenate(means))


def _show_the_means(panel: Axes, means: npt.NDArray[np.float64]) -> None:
    """Scale a panel by its means: early bands may be many times as wide, and are cut."""
    spread_out(panel, means)
    known = means[np.isfinite(means)]
    if known.size and known.max() > 0.0:
        low = known.min() / 1.5 if panel.get_yscale() == "log" else 0.0
        panel.set_ylim(low, 1.5 * known.max())


register_figure("paper-a-figure-2", "paper-b-figure-1")(
    FigureDefinition(
        title="Norm, loss and accuracy by iteration, mean and 95 % interval over seeds",
        source="paper A, Figure 2a-c; paper B, Figure 1a-c",
        data=data_of_test,
        draw=draw_test,
    )
)
register_figure("paper-a-figure-8", "paper-b-figure-4")(
    FigureDefinition(
        title="Accuracy, norm and loss by iteration; training curves are pale",
        source="paper A, Figure 8; paper B, Figure 4",
        data=data_of_both,
        draw=draw_both,
    )
)
