"""The response to λ over confirm seeds: arms whose λ the study file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from incay.analysis.comparing.measure import measure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import line_styles, spread_out
from incay.analysis.figures.shared.weights import DIVERGED_COLOUR, SETTING
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.summary import summarize
from incay.trainables.metrics import ERROR, NORM, Quantity, quantity_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_EXPLODED = 1000.0
_LEFT = 0.01  # of the axis


def rows(results: StudyResults, arm: Arm) -> list[dict[str, Any]]:
    """Return an arm's error and norm on the test set.

    Kinds: ``seed``, one replicate; ``mean``, over the `n` replicates, with its 95% interval,
    which one seed and equal values do not have; ``diverged``: `n` replicates have diverged at
    this λ.
    """
    weight = float(arm.setting(SETTING) or 0.0)
    diverged = sum(trial.diverged for trial in arm.phase("confirm"))
    found: list[dict[str, Any]] = []
    for quantity in (ERROR, NORM):
        metric = quantity.of(results.split)
        shared = {"metric": metric, "arm": arm.name, "weight": weight}
        values = list(measure(results, arm, metric).values.values())
        found += [{"kind": "seed", **shared, "value": value, "n": 1} for value in values]
        if values:
            found.append({"kind": "mean", **shared, **_interval(quantity, values)})
        if diverged:
            found.append({"kind": "diverged", **shared, "n": diverged})
    return found


def _interval(quantity: Quantity, values: list[float]) -> dict[str, Any]:
    summary = summarize(values)
    half = summary.half_width
    if half is None:
        return {"value": summary.mean, "low": None, "high": None, "n": summary.n}
    ends = {"low": max(0.0, summary.mean - half), "high": min(quantity.most, summary.mean + half)}
    return {"value": summary.mean, **ends, "n": summary.n}


def draw(axes: Axes, data: pa.Table) -> None:
    """Draw seeds as dots, a series' means as a line, and at the upper edge what lies outside.

    λ = 0 is a horizontal line, its seeds stand at the left edge. Above are diverged seeds, by
    their number, and seeds more than a thousand times the median, by their value.
    """
    seeds = numbers(where(data, kind="seed"), "value")
    highest = _EXPLODED * float(np.median(seeds))
    shown = seeds[seeds <= highest]
    if quantity_of(str(data["metric"][0])) != ERROR:  # whose intervals may reach 0
        spread_out(axes, shown)
    for name, style in line_styles(distinct(data, "series")).items():
        _draw_series(axes, where(data, series=name), style, highest)
    diverged = where(data, kind="diverged")
    counts = [f"{count:.0f}" for count in numbers(diverged, "n")]
    _draw_outside(axes, 1.0, diverged, counts, "x", "diverged (number of seeds)")
    beyond = data.filter(
        pc.and_(pc.equal(data["kind"], "seed"), pc.greater(data["value"], highest))
    )
    values = [f"{value:.0e}".replace("e+", "e") for value in numbers(beyond, "value")]
    _draw_outside(axes, 0.92, beyond, values, "^", "beyond the axis (value)")


def _draw_series(axes: Axes, data: pa.Table, style: dict[str, Any], highest: float) -> None:
    means, seeds = where(data, kind="mean"), where(data, kind="seed")
    weights, values = numbers(means, "weight"), numbers(means, "value")
    values = np.where(values <= highest, values, np.nan)
    low, high = numbers(means, "low"), numbers(means, "high")
    dots: dict[str, Any] = {"linestyle": "", "marker": ".", "color": "#444444", "markersize": 3.5}
    each = numbers(seeds, "value")
    each = np.where(each <= highest, each, np.nan)
    if len(weights) and not weights.any():
        axes.axhline(values[0], **{**style, "marker": "", "label": f"{style['label']} (λ = 0)"})
        if np.isfinite(low[0]):
            axes.axhspan(low[0], high[0], color=style["color"], alpha=0.12)
        edge = axes.get_yaxis_transform()
        axes.plot(np.full(len(each), _LEFT), each, transform=edge, zorder=3, **dots)
        return
    # A λ at which every seed diverged breaks the line.
    gaps = np.setdiff1d(numbers(where(data, kind="diverged"), "weight"), weights)
    holes = np.full(len(gaps), np.nan)
    order = np.argsort(np.concatenate([weights, gaps]))
    at, mean, below, above = (
        np.concatenate(both)[order]
        for both in (
            (weights, gaps),
            (values, holes),
            (values - low, holes),
            (high - values, holes),
        )
    )
    axes.errorbar(at, mean, [below, above], capsize=2, **style)
    axes.plot(numbers(seeds, "weight"), each, zorder=3, **dots)


def _draw_outside(
    axes: Axes, height: float, rows: pa.Table, texts: list[str], marker: str, label: str
) -> None:
    for weight, text in zip(numbers(rows, "weight"), texts, strict=True):
        edge = axes.get_xaxis_transform() if weight else axes.transAxes
        at = weight or _LEFT
        axes.plot(
            at, height, marker, color=DIVERGED_COLOUR, transform=edge, clip_on=False, label=label
        )
        axes.annotate(
            text,
            (at, height),
            xycoords=edge,
            xytext=(4, 2),
            textcoords="offset points",
            color=DIVERGED_COLOUR,
            fontsize=7,
        )
