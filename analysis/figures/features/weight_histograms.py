"""Distribution of each layer's weights before and after training (paper A, Figure 7).

Reads ``weights.parquet`` beside a trial's record: one row per layer, moment and bin, with the
columns layer (string), moment (``initial`` or ``final``), low and high (float, the bin's edges)
and count (int64).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below
from incay.analysis.results.completed import completed
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_INITIAL = "initialisation"
_COLUMNS = ("layer", "moment", "low", "high", "count")


def data(results: StudyResults) -> pa.Table:
    """Return, by arm and layer, the share of weights in each bin and their density there.

    Of the first replicate. The baseline's initial weights stand for all arms: a replicate starts
    from the same. Bins are as wide as each arm's weights are spread, so that only densities can
    be compared.
    """
    parts = []
    for arm, trials in completed(results):
        table = results.read(trials[0], "weights")
        if table is None:
            continue
        chosen = where(table.select(_COLUMNS), moment="final")
        parts.append(_named(chosen, arm.name))
        if arm.name == results.baseline:
            parts.append(_named(where(table.select(_COLUMNS), moment="initial"), _INITIAL))
    parts = [part for part in parts if part.num_rows]  # no weight was finite
    if not parts:
        raise AnalysisError(
            f"trials of study {results.name!r} must have weight histograms, but have none"
        )
    return pa.concat_tables(sorted(parts, key=lambda part: part["arm"][0].as_py() != _INITIAL))


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel per layer, at most eight, evenly chosen."""
    layers = distinct(data, "layer")
    if len(layers) > 8:
        layers = [layers[index] for index in np.linspace(0, len(layers) - 1, 8).round().astype(int)]
    columns = min(4, len(layers))
    rows = -(-len(layers) // columns)
    canvas.set_size_inches(1.9 * columns, 1.9 * rows + 0.5)
    panels = canvas.subplots(rows, columns, squeeze=False).ravel()
    styles = arm_styles(data)
    for panel in panels[len(layers) :]:
        panel.set_visible(False)
    for layer, panel in zip(layers, panels, strict=False):
        for name, style in styles.items():
            bins = where(data, arm=name, layer=layer)
            if bins.num_rows:
                middle = (numbers(bins, "low") + numbers(bins, "high")) / 2.0
                panel.plot(middle, _or_gap(numbers(bins, "density")), **{**style, "marker": ""})
        panel.set_title(layer)
        panel.set_yscale("log")
        panel.set_xlabel("weight")
    for first in panels[::columns]:
        first.set_ylabel("density of weights")
    legend_below(canvas, columns=4)


def _or_gap(density: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return densities with a gap where there is no weight: a logarithm has no 0."""
    return np.where(density > 0.0, density, np.nan)


def _named(table: pa.Table, arm: str) -> pa.Table:
    totals: dict[str, int] = {}
    for layer, count in zip(table["layer"].to_pylist(), table["count"].to_pylist(), strict=True):
        totals[layer] = totals.get(layer, 0) + count
    total = np.array([max(1, totals[layer]) for layer in table["layer"].to_pylist()])
    share = numbers(table, "count") / total
    density = share / (numbers(table, "high") - numbers(table, "low"))
    table = table.append_column("share", pa.array(share, pa.float64()))
    table = table.append_column("density", pa.array(density, pa.float64()))
    return table.append_column("arm", pa.array([arm] * table.num_rows, pa.string()))


register_figure("paper-a-figure-7")(
    FigureDefinition(
        title="Distribution of weights by layer",
        source="paper A, Figure 7",
        data=data,
        draw=draw,
    )
)
