"""Norm, loss and accuracy by iteration (paper A, Figures 2a-c and 8; paper B, Figures 1 and 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incay.analysis.figures import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.histories import read_curves
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_TITLES = {"norm": "mean ‖f‖", "loss": "softmax loss", "accuracy": "accuracy (%)"}
_SPLITS = {"test": "test", "val": "validation", "train": "training"}


def data_of_test(results: StudyResults) -> pa.Table:
    """Return the evaluated split's norm, loss and accuracy by arm and step."""
    return _with_accuracy(read_curves(results, ("test.norm", "test.loss", "test.error")))


def data_of_both(results: StudyResults) -> pa.Table:
    """Return accuracy of the evaluated split, norm and loss of it and of training."""
    metrics = ("test.error", "test.norm", "train.norm", "test.loss", "train.softmax", "train.loss")
    return _with_accuracy(read_curves(results, metrics))


def draw_test(data: pa.Table, canvas: Canvas) -> None:
    """Draw three panels: norm, loss, accuracy (paper A, Figure 2a-c)."""
    _draw(data, canvas, ("norm", "loss", "accuracy"))


def draw_both(data: pa.Table, canvas: Canvas) -> None:
    """Draw accuracy, norm and loss; a further panel per further data set (paper A, Figure 8)."""
    _draw(data, canvas, ("accuracy", "norm", "loss"))


def _with_accuracy(curves: pa.Table) -> pa.Table:
    """Return errors as accuracies, as the papers draw them."""
    is_error = pc.ends_with(curves.column("metric"), ".error")
    mean = pc.if_else(is_error, pc.subtract(100.0, curves.column("mean")), curves.column("mean"))
    name = pc.replace_substring(curves.column("metric"), ".error", ".accuracy")
    curves = curves.set_column(curves.column_names.index("mean"), "mean", mean)
    return curves.set_column(curves.column_names.index("metric"), "metric", name)


def _draw(data: pa.Table, canvas: Canvas, quantities: tuple[str, ...]) -> None:
    datasets = distinct(data, "dataset")
    panels = [(datasets[0], quantity) for quantity in quantities if _has(data, quantity)]
    panels += [(other, "accuracy") for other in datasets[1:]]
    axes = canvas.subplots(1, len(panels), squeeze=False)[0]
    canvas.set_size_inches(2.6 * len(panels), 3.2)
    for letter, (dataset, quantity), panel in zip("abcdefgh", panels, axes, strict=False):
        _panel(panel, where(data, dataset=dataset), quantity)
        title = f"({letter}) {_TITLES[quantity]}"
        panel.set_title(f"{title}, {dataset}" if len(datasets) > 1 else title)
        panel.set_xlabel("iteration")
        panel.locator_params(axis="x", nbins=4)
    legend_below(canvas, columns=4)


def _has(data: pa.Table, quantity: str) -> bool:
    return any(metric.endswith(f".{quantity}") for metric in distinct(data, "metric"))


def _panel(panel: Axes, data: pa.Table, quantity: str) -> None:
    styles = arm_styles(data)
    # The loss that is minimised contains the incay term; the papers draw the softmax loss.
    hidden = "train.loss" if "train.softmax" in distinct(data, "metric") else "train.softmax"
    means: list[npt.NDArray[np.float64]] = []
    for metric in distinct(data, "metric"):
        split, _, name = metric.partition(".")
        if metric == hidden or name not in (quantity, "softmax" if quantity == "loss" else ""):
            continue
        for arm, style in styles.items():
            curve = where(data, arm=arm, metric=metric)
            step, mean = numbers(curve, "step"), numbers(curve, "mean")
            half = np.nan_to_num(numbers(curve, "half_width"))
            means.append(mean)
            thin = {"alpha": 0.45, "linewidth": 0.9} if split == "train" else {}
            label = f"{style['label']}, {_SPLITS[split]}" if split == "train" else style["label"]
            look = {**style, **thin, "label": label}
            panel.plot(step, mean, markevery=marker_every(len(step)), **look)
            # Student's interval knows no bounds, but these quantities have them.
            low, most = np.maximum(mean - half, 0.0), 100.0 if quantity == "accuracy" else np.inf
            high = np.minimum(mean + half, most)
            panel.fill_between(step, low, high, color=style["color"], alpha=0.15)
    if quantity != "accuracy":
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
