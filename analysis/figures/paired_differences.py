"""Each arm's difference to its reference, seed by seed: what the paired tests see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.comparisons import compare_arms
from analysis.errors import AnalysisError
from analysis.figures import FigureDefinition, register_figure
from analysis.figures._groups import distinct, numbers, where
from analysis.figures._style import arm_styles, legend_below
from analysis.measure import measure
from analysis.references import references
from analysis.results import StudyResults
from analysis.statistics.paired import paired_test

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("arm", pa.string()),
        ("reference", pa.string()),
        ("kind", pa.string()),
        ("seed", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
        ("supported", pa.bool_()),
    ]
)
_WIDE = 100.0
_SEEDS: dict[str, Any] = {"linestyle": "", "markersize": 3.5, "alpha": 0.6}
_MEAN: dict[str, Any] = {"linestyle": "", "color": "black", "marker": "D", "zorder": 3}


def data(results: StudyResults) -> pa.Table:
    """Return arm - reference in error and norm, on the seeds that both have.

    Kinds: ``seed``, one replicate, by its number; ``mean``, over `n` of them, with the 95% interval
    of the paired t-test and whether that test, Holm-corrected, supports the difference. A longer
    feature is not better in itself, and no difference in norm is tested.

    Raises:
        AnalysisError: No arm has a seed in common with its reference.
    """
    rows: list[dict[str, Any]] = []
    for metric in (f"{results.split}.error", f"{results.split}.norm"):
        comparisons = compare_arms(results, metric)
        for name, reference in references(results).items():
            mine, others = (
                measure(results, results.arm(each), metric).values for each in (name, reference)
            )
            test = paired_test(mine, others)
            if test is None:
                continue
            place = {"metric": metric, "arm": name, "reference": reference}
            rows += [
                {**place, "kind": "seed", "seed": seed, "value": mine[seed] - others[seed], "n": 1}
                for seed in sorted(mine.keys() & others.keys())
            ]
            mean = {"kind": "mean", "value": test.difference, "n": test.n}
            if test.half_width is not None:
                mean["low"] = test.difference - test.half_width
                mean["high"] = test.difference + test.half_width
            supported = name in comparisons and comparisons[name].decided
            rows.append({**place, **mean, "supported": supported})
    if not rows:
        raise AnalysisError(
            f"study {results.name!r} must have an arm and its reference completed on a common "
            "seed, but has none"
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw a line per arm and a panel per metric; intervals that leave a panel are cut."""
    metrics, arms = distinct(data, "metric"), distinct(data, "arm")
    canvas.set_size_inches(6.4, 1.0 + 0.36 * len(arms))
    panels = canvas.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        _draw_panel(axes, where(data, metric=metric), arms)
        quantity = "error (points)" if metric.endswith("error") else "‖f‖ (not tested)"
        axes.set_xlabel(f"difference in {metric.partition('.')[0]} {quantity}")
    compared = dict(zip(data["arm"].to_pylist(), data["reference"].to_pylist(), strict=True))
    labels = [f"{name}\n− {reference}" for name, reference in compared.items()]
    panels[0].set_yticks(range(len(arms)), labels, fontsize=7)
    panels[0].set_ylim(len(arms) - 0.5, -0.5)
    legend_below(canvas)


def _draw_panel(axes: Axes, data: pa.Table, arms: list[str]) -> None:
    axes.axvline(0.0, color="#7a7a7a", linewidth=0.8)
    styles = arm_styles(data)
    for line, name in enumerate(arms):
        seeds = where(data, arm=name, kind="seed")
        for mean in where(data, arm=name, kind="mean").to_pylist():
            looks = {key: styles[name][key] for key in ("color", "marker")}
            values = numbers(seeds, "value")
            place = line + 0.22 * np.ones(len(values))
            axes.plot(values, place, **_SEEDS, **looks)
            if mean["low"] is not None:
                ends = [mean["low"], mean["high"]]
                axes.plot(ends, [line - 0.12] * 2, color="black", linewidth=1.2)
            face = "black" if mean["supported"] else "white"
            axes.plot(mean["value"], line - 0.12, **_MEAN, markerfacecolor=face)
    for face, told in (("white", "mean, 95 % interval"), ("black", "the same, supported (Holm)")):
        axes.plot([], [], **_MEAN, markerfacecolor=face, label=told)
    axes.plot([], [], **_SEEDS, color="#7a7a7a", marker="o", label="one seed")
    _limit(axes, numbers(where(data, kind="seed"), "value"))


def _limit(axes: Axes, values: npt.NDArray[np.float64]) -> None:
    """Let the seeds, not their intervals, give the axis its length; spread out what explodes."""
    from matplotlib.ticker import AsinhLocator

    sizes = np.abs(values[values != 0.0])
    width = float(np.quantile(sizes, 0.25)) if sizes.size else 1.0
    if sizes.size and sizes.max() > _WIDE * width:
        axes.set_xscale("asinh", linear_width=width)
        axes.xaxis.set_major_locator(AsinhLocator(width, numticks=5))
        axes.xaxis.set_major_formatter("{x:g}")
        return
    low, high = min(0.0, values.min()), max(0.0, values.max())
    margin = 0.15 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)


register_figure("paired-differences")(
    FigureDefinition(
        title="Differences to the reference on the same seeds",
        data=data,
        draw=draw,
        size=(6.4, 3.2),
    )
)
