"""How far out a t statistic must lie to decide, look by look and by each rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from incay.analysis.comparing.comparisons import ALPHA, compare_arms
from incay.analysis.comparing.measure import measure
from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.paired import paired_differences
from incay.analysis.statistics.rounding import largest
from incay.analysis.statistics.sequential.always_valid import always_valid_t
from incay.analysis.statistics.sequential.boundaries import boundary_at
from incay.analysis.statistics.sequential.spending import SPENDINGS
from incay.analysis.statistics.sequential.student import critical_t
from incay.analysis.statistics.summary import summarize
from incay.trainables.metrics import ERROR

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("arm", pa.string()),
        ("reference", pa.string()),
        ("alpha", pa.float64()),
        ("n", pa.int64()),
        ("t", pa.float64()),
    ]
)
_RULES: Mapping[str, dict[str, Any]] = {
    "obrien-fleming": {"color": "#0072B2", "marker": "v", "label": "looks, O'Brien–Fleming"},
    "pocock": {"color": "#D55E00", "marker": "s", "label": "looks, Pocock"},
    "always-valid": {"color": "#009E73", "linestyle": "-.", "label": "any look, undeclared"},
    "fixed": {"color": "#7A7A7A", "linestyle": ":", "label": "one look only"},
}
_HIGHEST = 12.0  # boundaries of first looks may lie at hundreds


def data(results: StudyResults) -> pa.Table:
    """Return the boundaries of a study's looks, and the |t| of its comparisons at them.

    Kinds: ``boundary``, of a rule at a number of seeds, at the level that Holm's correction begins
    with (`alpha`): 0.05 over the number of comparisons; ``path``, a comparison's |t| in error over
    its first n pairs.

    Raises:
        AnalysisError: The study has declared no looks, or no arm has two seeds in common with its
            reference.
    """
    looks = results.looks
    if len(looks) < 2:
        raise AnalysisError(
            f"study {results.name!r} must declare looks (`confirm: {{looks: [5, 10, 20]}}`) to "
            "have boundaries at them, but has none"
        )
    comparisons = compare_arms(results, ERROR.of(results.split))
    paths: list[dict[str, Any]] = []
    for name, each in comparisons.items():
        first, second = (
            measure(results, results.arm(arm), each.metric).values for arm in (name, each.reference)
        )
        differences = list(paired_differences(first, second).values())
        size = largest(*first.values(), *second.values())
        shared = {"kind": "path", "arm": name, "reference": each.reference}
        paths += [{**shared, **point} for point in _path(differences, looks, size)]
    if not paths:
        raise AnalysisError(
            f"study {results.name!r} must have an arm and its reference completed on two common "
            "seeds, but has none"
        )
    family = max(each.family for each in comparisons.values())
    bounds = boundary_rows(looks, ALPHA / family, (results.spending,))
    return pa.Table.from_pylist([*bounds, *paths], schema=SCHEMA)


def boundary_rows(
    looks: Sequence[int], alpha: float, spendings: Sequence[str] = SPENDINGS
) -> list[dict[str, Any]]:
    """Return the |t| at which each rule decides, by the number of pairs.

    Args:
        looks: The declared looks, two or more.
        alpha: Two-sided level.
        spendings: How the level may be shared out among them.
    """
    shared = {"kind": "boundary", "alpha": alpha}
    rows = [
        {
            **shared,
            "rule": spending,
            "n": n,
            "t": boundary_at(looks[:k], alpha, spending, looks[-1]),
        }
        for spending in spendings
        for k, n in enumerate(looks, start=1)
    ]
    counts = range(2, looks[-1] + 1)
    rows += [
        {**shared, "rule": "always-valid", "n": n, "t": t}
        for n in counts
        if (t := always_valid_t(n, alpha)) is not None
    ]
    rows += [{**shared, "rule": "fixed", "n": n, "t": critical_t(n, alpha)} for n in counts]
    return rows


def _path(differences: Sequence[float], looks: Sequence[int], size: float) -> list[dict[str, Any]]:
    """Return |t| at the looks that were reached, and at the last pair; none without a spread."""
    points = []
    for n in sorted({*looks, len(differences)}):
        if not 2 <= n <= len(differences):
            continue
        seen = summarize(differences[:n], size=size)
        if seen.deviation:
            points.append({"n": n, "t": abs(seen.mean) / seen.deviation * n**0.5})
    return points


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw boundaries and comparisons as lines over seeds.

    What lies above the axis, as boundaries of first looks may by far, is told by its number.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

    axes = canvas.subplots()
    boundaries, paths = where(data, kind="boundary"), where(data, kind="path")
    for rule in distinct(boundaries, "rule"):
        each = where(boundaries, rule=rule)
        axes.plot(numbers(each, "n"), numbers(each, "t"), **_RULES[rule])
        if rule in SPENDINGS:
            _tell_higher(axes, each, _RULES[rule]["color"])
    if paths.num_rows:
        _draw_paths(axes, paths)
    axes.set_yscale("log")
    axes.set_ylim(0.3 if paths.num_rows else 1.5, _HIGHEST)
    axes.set_yticks([each for each in (0.5, 1, 2, 3, 4, 6, 8, 12) if each >= axes.get_ylim()[0]])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(NullLocator())
    declared = [rule for rule in distinct(boundaries, "rule") if rule in SPENDINGS]
    axes.set_xticks(distinct(where(boundaries, rule=declared[0]), "n"))
    axes.set_xlabel("seeds")
    (alpha,) = distinct(boundaries, "alpha")
    axes.set_ylabel(f"|t| that decides, α = {alpha:.2g}")
    legend_below(canvas)


def _tell_higher(axes: Axes, boundary: pa.Table, colour: str) -> None:
    for n, t in zip(numbers(boundary, "n"), numbers(boundary, "t"), strict=True):
        if t > _HIGHEST:
            axes.annotate(
                f"↑ {t:,.0f}",
                (n, _HIGHEST),
                xytext=(2, -12),
                textcoords="offset points",
                color=colour,
                fontsize="small",
            )


def _draw_paths(axes: Axes, paths: pa.Table) -> None:
    for name, style in arm_styles(paths).items():
        each = where(paths, arm=name)
        style = {**style, "linewidth": 0.8, "markersize": 3}
        axes.plot(numbers(each, "n"), numbers(each, "t").clip(0.3, _HIGHEST), **style)


register_figure("boundaries")(
    FigureDefinition(
        title="What a look must show to decide",
        data=data,
        draw=draw,
        size=(5.0, 3.4),
    )
)
