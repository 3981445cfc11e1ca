"""Each arm's difference to its reference, seed by seed: what the paired tests see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.comparing.measure import measure
from incay.analysis.comparing.references import references
from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, as_text, legend_below
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.paired import paired_differences, paired_test
from incay.analysis.statistics.rounding import is_rounding
from incay.trainables.metrics import ERROR, NORM, quantity_of, split_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("arm", pa.string()),
        ("reference", pa.string()),
        ("kind", pa.string()),
        ("replicate", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
        ("supported", pa.bool_()),
    ]
)
_UNLIKE = 100.0  # arms whose differences are so many times as large get no common linear axis
_LONG = 4.0  # an interval of more than so many times what the seeds span is cut
_SEEDS: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3, "alpha": 0.6}
_MEAN: dict[str, Any] = {"linestyle": "", "color": "black", "zorder": 3}
_MARKERS: dict[bool | None, dict[str, Any]] = {
    False: {**_MEAN, "marker": "D", "markerfacecolor": "white", "label": "mean, not supported"},
    True: {**_MEAN, "marker": "D", "label": "mean, supported after Holm"},
    None: {**_MEAN, "marker": "|", "markersize": 9, "label": "mean, not tested"},
}


def data(results: StudyResults) -> pa.Table:
    """Return arm - reference in error and norm, on the replicates that both have.

    Kinds: ``seed``, one replicate; ``mean``, over `n` of them, with the 95% interval of the paired
    t-test, which is not corrected for how many are compared, and whether the test, which is,
    supports the difference. A longer feature is not better in itself: norms are not tested.

    Raises:
        AnalysisError: No arm has a seed in common with its reference.
    """
    rows: list[dict[str, Any]] = []
    for metric in (ERROR.of(results.split), NORM.of(results.split)):
        comparisons = compare_arms(results, metric)
        for name, reference in references(results).items():
            mine, others = (
                measure(results, results.arm(each), metric).values for each in (name, reference)
            )
            test = paired_test(mine, others)
            if test is None:
                continue
            shared = {"metric": metric, "arm": name, "reference": reference}
            for number, value in paired_differences(mine, others).items():
                rows.append({**shared, "kind": "seed", "replicate": number, "value": value, "n": 1})
            mean = {"kind": "mean", "value": test.difference, "n": test.n}
            if test.half_width is not None:
                mean["low"] = test.difference - test.half_width
                mean["high"] = test.difference + test.half_width
            supported = comparisons[name].decided if name in comparisons else None
            rows.append({**shared, **mean, "supported": supported})
    if not rows:
        raise AnalysisError(
            f"study {results.name!r} must have an arm and its reference completed on a common "
            "seed, but has none"
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw a line per arm and a panel per metric; an arrow ends an interval that is cut."""
    metrics, arms = distinct(data, "metric"), distinct(data, "arm")
    canvas.set_size_inches(6.4, 1.0 + 0.36 * len(arms))
    panels = canvas.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        shown = where(data, metric=metric)
        scale = _scale(axes, shown)
        _draw_seeds(axes, shown, arms)
        _draw_means(axes, shown, arms)
        axes.set_xlabel(f"difference in {split_of(metric)} {_measured(metric)}{scale}")
    labels = {
        row["arm"]: f"{as_text(row['arm'])}\n− {as_text(row['reference'])} (n = {row['n']})"
        for row in reversed(where(data, kind="mean").to_pylist())  # the first metric's n
    }
    panels[0].set_yticks(range(len(arms)), [labels[name] for name in arms], fontsize=7)
    panels[0].set_ylim(len(arms) - 0.5, -0.5)
    legend_below(canvas)


def _measured(metric: str) -> str:
    if quantity_of(metric) == ERROR:
        return f"{ERROR.title} ({ERROR.difference_unit}, left is better)"
    return NORM.short


def _draw_seeds(axes: Axes, data: pa.Table, arms: list[str]) -> None:
    styles = arm_styles(data)
    for line, name in enumerate(arms):
        values = numbers(where(data, arm=name, kind="seed"), "value")
        if len(values):
            axes.plot(values, [line + 0.22] * len(values), **_SEEDS, color=styles[name]["color"])
    axes.plot([], [], **_SEEDS, color="#7a7a7a", label="one seed")


def _draw_means(axes: Axes, data: pa.Table, arms: list[str]) -> None:
    axes.axvline(0.0, color="#7a7a7a", linewidth=0.8)
    axes.plot([], [], color="black", linewidth=1.2, label="95 % interval, uncorrected")
    least, most = axes.get_xlim()
    for row in where(data, kind="mean").to_pylist():
        line = arms.index(row["arm"]) - 0.12
        if row["low"] is not None:
            low, high = max(least, row["low"]), min(most, row["high"])
            axes.plot([low, high], [line] * 2, color="black", linewidth=1.2)
            for end, whole, marker in ((low, row["low"], "<"), (high, row["high"], ">")):
                if end != whole:
                    axes.plot(end, line, **_MEAN, marker=marker, clip_on=False)
        axes.plot(row["value"], line, **_MARKERS[row["supported"]])


def _scale(axes: Axes, data: pa.Table) -> str:
    """Set the axis so that what is small can be seen; return what its label must say of it."""
    from matplotlib.ticker import AsinhLocator

    seeds, means = where(data, kind="seed"), where(data, kind="mean")
    largest = [np.abs(numbers(where(seeds, arm=n), "value")).max() for n in distinct(seeds, "arm")]
    most = max(largest)
    width = min((size for size in largest if not is_rounding(size, most)), default=1.0)
    values = numbers(seeds, "value")
    span = max(0.0, values.max()) - min(0.0, values.min()) or 1.0
    kept = numbers(means, "high") - numbers(means, "low") <= _LONG * span
    ends = [*values, *numbers(means, "low")[kept], *numbers(means, "high")[kept], 0.0]
    low, high = float(min(ends)), float(max(ends))
    if most <= _UNLIKE * width:
        margin = 0.06 * (high - low) or 1.0
        axes.set_xlim(low - margin, high + margin)
        return ""
    axes.set_xscale("asinh", linear_width=width)
    axes.xaxis.set_major_locator(AsinhLocator(width, numticks=5))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlim(low - 0.5 * abs(low) - 0.2 * width, high + 0.5 * abs(high) + 0.2 * width)
    return f"\nlinear up to about {width:.2g}, then logarithmic"


register_figure("paired-differences")(
    FigureDefinition(
        title="Differences to the reference on the same seeds",
        data=data,
        draw=draw,
        size=(6.4, 3.2),
    )
)
