"""The response to λ over confirm seeds: arms whose λ the study file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from analysis.figures._groups import distinct, numbers, where
from analysis.figures._style import line_styles
from analysis.figures._weights import DIVERGED_COLOUR, SETTING
from analysis.measure import measure
from analysis.results import Arm, StudyResults
from analysis.statistics.summary import summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE = 30.0
"""A panel whose largest value is so many times its smallest has a logarithmic axis."""


def rows(results: StudyResults, arm: Arm) -> list[dict[str, Any]]:
    """Return an arm's error and norm on the test set.

    Kinds: ``seed``, one replicate; ``mean``, over the `n` replicates, with its 95% interval;
    ``diverged``: `n` replicates have diverged at this λ.
    """
    weight = float(arm.setting(SETTING) or 0.0)
    diverged = sum(trial.status == "diverged" for trial in arm.phase("confirm"))
    found: list[dict[str, Any]] = []
    for metric in (f"{results.split}.error", f"{results.split}.norm"):
        place = {"metric": metric, "arm": arm.name, "weight": weight}
        values = list(measure(results, arm, metric).values.values())
        found += [{"kind": "seed", **place, "value": value, "n": 1} for value in values]
        if values:
            found.append({"kind": "mean", **place, **_interval(metric, values)})
        if diverged:
            found.append({"kind": "diverged", **place, "n": diverged})
    return found


def _interval(metric: str, values: list[float]) -> dict[str, Any]:
    summary = summarize(values)
    half = summary.half_width or 0.0
    most = 100.0 if metric.endswith("error") else np.inf
    ends = {"low": max(0.0, summary.mean - half), "high": min(most, summary.mean + half)}
    return {"value": summary.mean, **ends, "n": summary.n}


def draw(axes: Axes, data: pa.Table) -> None:
    """Draw seeds as dots, a series' means as a line, and diverged seeds at the upper edge."""
    seeds = numbers(where(data, kind="seed"), "value")
    if seeds.min() > 0.0 and seeds.max() > _WIDE * seeds.min():
        axes.set_yscale("log")
    for name, style in line_styles(distinct(data, "series")).items():
        _draw_series(axes, where(data, series=name), style)
    diverged = where(data, kind="diverged")
    if diverged.num_rows:
        edge = axes.get_xaxis_transform()
        at = numbers(diverged, "weight")
        label = "diverged (number of seeds)"
        top = np.full(len(at), 1.0)
        axes.plot(
            at,
            top,
            "x",
            color=DIVERGED_COLOUR,
            transform=edge,
            clip_on=False,
            linestyle="",
            label=label,
        )
        for weight, count in zip(at, numbers(diverged, "n"), strict=True):
            axes.annotate(
                f"{count:.0f}",
                (weight, 1.0),
                xycoords=edge,
                xytext=(4, 1),
                textcoords="offset points",
                color=DIVERGED_COLOUR,
                fontsize=7,
            )


def _draw_series(axes: Axes, data: pa.Table, style: dict[str, Any]) -> None:
    means, seeds = where(data, kind="mean"), where(data, kind="seed")
    weights, values = numbers(means, "weight"), numbers(means, "value")
    low, high = numbers(means, "low"), numbers(means, "high")
    if len(weights) and not weights.any():
        axes.axhline(values[0], **{**style, "marker": "", "label": f"{style['label']} (λ = 0)"})
        axes.axhspan(low[0], high[0], color=style["color"], alpha=0.12)
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
    dots: dict[str, Any] = {
        "linestyle": "",
        "marker": ".",
        "color": "#444444",
        "markersize": 3.5,
        "zorder": 3,
    }
    axes.plot(numbers(seeds, "weight"), numbers(seeds, "value"), **dots)
