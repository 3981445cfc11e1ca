"""The best objective so far, by budget: was the baseline tuned as hard?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every, spread_out
from incay.analysis.results.points import search_points
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, the best objective after each point of the search and the seconds spent.

    Every point counts, however it ended; before the first completed one there is no best. Where
    points are trained with several seeds, their means count, and trials are trainings.

    Raises:
        AnalysisError: No search trial has completed.
    """
    metric, mode = results.objective.metric, results.objective.mode
    better = max if mode == "max" else min
    rows = []
    for arm in results.arms:
        best: float | None = None
        seconds, count = 0.0, 0
        for point in search_points(results, arm):
            count += len(point.trials)
            value = point.metric(metric)
            if value is not None:
                best = value if best is None else better(best, value)
            seconds += point.seconds
            rows.append(
                {"arm": arm.name, "trials": count, "seconds": seconds, "value": value, "best": best}
            )
    if not any(row["best"] is not None for row in rows):
        raise AnalysisError(f"study {results.name!r} must have a completed search trial")
    table = pa.Table.from_pylist(rows)
    return table.replace_schema_metadata({"metric": metric})


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw the best so far as steps over the number of trials, all trials as points."""
    from matplotlib.ticker import MaxNLocator

    axes = canvas.subplots()
    for name, style in arm_styles(data).items():
        each = where(data, arm=name)
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
            **style,
        )
    spread_out(axes, numbers(data, "value"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("search trials of the arm, however they ended")
    metric = (data.schema.metadata or {}).get(b"metric", b"objective").decode()
    axes.set_ylabel(f"best {metric} so far")
    legend_below(canvas)


register_figure("best-so-far")(
    FigureDefinition(
        title="Best objective so far by budget",
        data=data,
        draw=draw,
        size=(5.0, 3.0),
    )
)
