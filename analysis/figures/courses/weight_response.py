"""How error, and the length of features, answer to λ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from incay.analysis.comparing.references import references
from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared import confirmed_weights, searched_weights
from incay.analysis.figures.shared.groups import distinct, where
from incay.analysis.figures.shared.style import legend_below
from incay.analysis.figures.shared.weights import SETTING, series
from incay.analysis.results.study import StudyResults
from incay.trainables.metrics import quantity_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SCHEMA = pa.schema(
    [
        ("metric", pa.string()),
        ("kind", pa.string()),
        ("series", pa.string()),
        ("arm", pa.string()),
        ("weight", pa.float64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int64()),
    ]
)


def data(results: StudyResults) -> pa.Table:
    """Return what is known at each λ: of the objective where λ was searched, else of the test.

    Arms that differ in λ alone are one series. Kinds of rows are those of
    `searched_weights.rows` and `confirmed_weights.rows`. Arms of λ = 0 that no arm with λ is
    compared with are left out.

    Raises:
        AnalysisError: There are results at fewer than two λ above 0.
    """
    compared = set(references(results).values())
    arms = [
        arm
        for arm in results.arms
        if arm.setting(SETTING) or SETTING in arm.search or arm.name in compared
    ]
    searched = any(SETTING in arm.search for arm in arms)
    rows: list[dict[str, Any]] = []
    names = series(arms)
    for arm in arms:
        own = (searched_weights if searched else confirmed_weights).rows(results, arm)
        rows += [{"series": names[arm.name], **row} for row in own]
    results_at = {row["weight"] for row in rows if row["kind"] in ("seed", "trial")}
    weights = results_at - {0.0}
    if len(weights) < 2:
        raise AnalysisError(
            f"study {results.name!r} must have results at two λ (incay.weight) above 0 at least, "
            f"but has {len(weights)}"
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw value over λ on a logarithmic axis, a panel by metric; λ = 0 is a horizontal line."""
    metrics = distinct(data, "metric")
    panels = canvas.subplots(len(metrics), sharex=True, squeeze=False)[:, 0]
    for axes, metric in zip(panels, metrics, strict=True):
        shown = where(data, metric=metric)
        kinds = distinct(shown, "kind")
        draw_panel = confirmed_weights.draw if "seed" in kinds else searched_weights.draw
        draw_panel(axes, shown)
        axes.set_xscale("log")
        quantity = quantity_of(metric)
        unit = quantity.unit if quantity is not None else ""
        axes.set_ylabel(f"{metric} ({unit})" if unit else metric)
    panels[-1].set_xlabel(f"λ ({SETTING})")
    legend_below(canvas)


register_figure("weight-response")(
    FigureDefinition(
        title="Response to λ, with 95 % intervals",
        data=data,
        draw=draw,
        size=(5.0, 4.4),
    )
)
