"""The best objective so far, by budget: was the baseline tuned as hard?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.points import Point, search_points
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.expected_best import expected_best
from incay.trainables import names

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_NO_ORDERS = "points are chosen from earlier results, so that no expected best can be told"


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, the best objective after each point of the search and the seconds spent.

    Every point counts, however it ended; before the first completed one there is no best. Where
    points are trained with several seeds, their means count, and trials are trainings. Repeated
    searches follow one another. `expected` is the best of so many trials in the mean over all
    orders of those made, which is told of a random search alone: where a point is chosen from the
    results before it, another order would have been another search.

    Raises:
        AnalysisError: No search trial has completed.
    """
    metric, mode = results.objective.metric, results.objective.mode
    better = max if mode == "max" else min
    rows: list[dict[str, Any]] = []
    for arm in results.arms:
        points = search_points(results, arm)
        for repetition in range(results.repetitions):
            found = [point for point in points if point.repetition == repetition]
            expected = _expected(results, arm, found)
            best: float | None = None
            seconds, count = 0.0, 0
            for point, mean in zip(found, expected, strict=True):
                count += len(point.trials)
                value = point.metric(metric)
                if value is not None:
                    best = value if best is None else better(best, value)
                seconds += point.seconds
                rows.append(
                    {
                        "arm": arm.name,
                        "repetition": repetition,
                        "trials": count,
                        "seconds": seconds,
                        "value": value,
                        "best": best,
                        "expected": mean,
                    }
                )
    if not any(row["best"] is not None for row in rows):
        raise AnalysisError(f"study {results.name!r} must have a completed search trial")
    table = pa.Table.from_pylist(rows)
    orders = "" if _is_independent(results) or results.repetitions == 1 else _NO_ORDERS
    return table.replace_schema_metadata({"metric": metric, "orders": orders})


def _is_independent(results: StudyResults) -> bool:
    """Return whether no point of a search was chosen, nor cut, by the results of others."""
    budget = results.budget
    return budget is not None and (budget.sampler, budget.pruner, budget.race) == (
        "random",
        "none",
        "none",
    )


def _expected(results: StudyResults, arm: Arm, points: Sequence[Point]) -> Sequence[float | None]:
    """Return the expected best after each point, None where it cannot be told.

    The arm's own settings come first in every order. A point without a value leaves the best at
    theirs; where they were not tried, nothing is said of a search with such a point.
    """
    nothing = [None] * len(points)
    if not points or not _is_independent(results):
        return nothing
    metric, mode = results.objective.metric, results.objective.mode
    values = [point.metric(metric) for point in points]
    start = points[0]
    if any(names.look_up(arm.config, name) != value for name, value in start.params.items()):
        whole = [value for value in values if value is not None]
        return expected_best(whole, mode) if len(whole) == len(values) else nothing
    first = values[0]
    if first is None:
        return nothing
    better = max if mode == "max" else min
    drawn = [first if value is None else better(first, value) for value in values[1:]]
    return [first, *expected_best(drawn, mode)]


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw the best so far as steps over the number of trials, all trials as points.

    Where there is an expected best it is drawn as a thin line.
    """
    from matplotlib.ticker import MaxNLocator

    axes = canvas.subplots()
    for name, style in arm_styles(data).items():
        for search, each in enumerate(_searches(where(data, arm=name))):
            shown = style if search == 0 else {**style, "label": None}
            trials = numbers(each, "trials")
            axes.plot(
                trials,
                numbers(each, "value"),
                linestyle="",
                color=style["color"],
                marker=style["marker"],
                markersize=2.5,
                alpha=0.35,
            )
            axes.step(
                trials,
                numbers(each, "best"),
                where="post",
                markevery=marker_every(len(trials)),
                **shown,
            )
            if each["expected"].null_count < each.num_rows:
                axes.plot(trials, numbers(each, "expected"), color=style["color"], linewidth=0.7)
    spread_out(axes, numbers(data, "value"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    orders = (data.schema.metadata or {}).get(b"orders", b"").decode()
    axes.set_xlabel("search trials of the arm, however they ended" + (orders and f"\n{orders}"))
    metric = (data.schema.metadata or {}).get(b"metric", b"objective").decode()
    axes.set_ylabel(f"best {metric} so far")
    legend_below(canvas)


def _searches(data: pa.Table) -> list[pa.Table]:
    return [where(data, repetition=each) for each in distinct(data, "repetition")]


register_figure("best-so-far")(
    FigureDefinition(
        title="Best objective so far by budget",
        data=data,
        draw=draw,
        size=(5.0, 3.0),
    )
)
