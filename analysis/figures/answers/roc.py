"""ROC curves: of verification by pairs, and of the feature norm as a sign of being right.

Verification reads ``pairs.parquet`` beside a trial's record: one row per pair, with the columns
score (float, higher is more alike) and same (bool).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import numbers, where
from incay.analysis.figures.shared.style import arm_styles, as_text, legend_below, marker_every
from incay.analysis.results.completed import completed, samples_by_arm
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.rounding import RELATIVE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_POINTS = 200

_Scores = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]


def data_of_pairs(results: StudyResults) -> pa.Table:
    """Return true accept rate by false accept rate of each arm, averaged over replicates.

    Raises:
        AnalysisError: The study is not one of verification.
    """
    curves: dict[str, list[_Scores]] = {}
    for arm, trials in completed(results):
        tables = [results.read(trial, "pairs") for trial in trials]
        found = [table for table in tables if table is not None]
        if found:
            curves[arm.name] = [
                (numbers(table, "score"), np.array(table["same"].to_pylist(), dtype=np.bool_))
                for table in found
            ]
    if not curves:
        raise AnalysisError(
            f"trials of study {results.name!r} must have scores of pairs, but have none"
        )
    different = [int((~same).sum()) for each in curves.values() for _, same in each]
    least = 1.0 / max(1, *different)
    return _rates(curves, np.geomspace(least, 1.0, _POINTS))


def data_of_norms(results: StudyResults) -> pa.Table:
    """Return the rates of accepting an image as correctly classified by its feature norm."""
    curves = {
        arm.name: [(samples.norm, samples.correct) for samples in models]
        for arm, models in samples_by_arm(results)
    }
    return _rates(curves, np.linspace(0.0, 1.0, _POINTS))


def draw_pairs(data: pa.Table, canvas: Canvas) -> None:
    """Draw true over false accept rate, the latter on a logarithmic axis."""
    axes = _draw(data, canvas)
    axes.set_xscale("log")


def draw_norms(data: pa.Table, canvas: Canvas) -> None:
    """Draw the share of right images accepted over the share of wrong ones."""
    axes = _draw(data, canvas)
    axes.set_xlabel("wrong images accepted")
    axes.set_ylabel("right images accepted")


def _draw(data: pa.Table, canvas: Canvas) -> Axes:
    axes: Axes = canvas.subplots()
    for name, style in arm_styles(data).items():
        each = where(data, arm=name)
        label = f"{as_text(name)} (AUC {numbers(each, 'auc')[0]:.4f})"
        axes.plot(
            numbers(each, "far"),
            numbers(each, "tar"),
            markevery=marker_every(each.num_rows),
            **{**style, "label": label},
        )
    axes.set_xlabel("false accept rate")
    axes.set_ylabel("true accept rate")
    axes.set_ylim(top=1.005)
    legend_below(canvas, columns=2)
    return axes


def _rates(curves: dict[str, list[_Scores]], far: npt.NDArray[np.float64]) -> pa.Table:
    parts = []
    for name, replicates in curves.items():
        found = [accept_rates(score, positive, far) for score, positive in replicates]
        tar, area = (np.mean(column, axis=0) for column in zip(*found, strict=True))
        parts.append(
            pa.table(
                {
                    "arm": [name] * _POINTS,
                    "far": far,
                    "tar": tar,
                    "auc": [float(area)] * _POINTS,
                    "n": [len(replicates)] * _POINTS,
                }
            )
        )
    return pa.concat_tables(parts)


def accept_rates(
    score: npt.NDArray[np.float64],
    positive: npt.NDArray[np.bool_],
    far: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], float]:
    """Return the largest true accept rate at each false accept rate, and the area under the curve.

    Nothing is interpolated: what is accepted has a score at or above some threshold, and of all
    thresholds whose false accept rate is at most as asked the best one counts. Equal scores are
    accepted together.

    Args:
        score: (N,), higher is more alike.
        positive: (N,), what should be accepted; both kinds must occur.
        far: False accept rates.

    Raises:
        AnalysisError: One of the kinds does not occur.
    """
    if positive.all() or not positive.any():
        raise AnalysisError("an ROC curve needs both kinds, but all are of one kind")
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # of equal scores
    accepted = np.cumsum(positive[order])[ends]
    true = np.append(0.0, accepted / accepted[-1])
    false = np.append(0.0, (1 + ends - accepted) / (len(score) - accepted[-1]))
    # A rate that is asked for may be one of the curve's but for rounding.
    last = np.searchsorted(false, far * (1.0 + RELATIVE), side="right") - 1
    return true[last], float(np.trapezoid(true, false))


register_figure("roc")(
    FigureDefinition(
        title="ROC of verification by pairs",
        data=data_of_pairs,
        draw=draw_pairs,
        size=(4.5, 4.0),
    )
)
register_figure("norm-roc")(
    FigureDefinition(
        title="ROC of the feature norm as a sign that an image is classified correctly",
        data=data_of_norms,
        draw=draw_norms,
        size=(4.5, 4.0),
    )
)
