"""Angles of features to the weights of their own class and of the nearest other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.histograms import draw_histograms, histogram
from incay.analysis.results.measured import records_by_arm
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_EDGES = np.linspace(0.0, 180.0, 61)
_KINDS = {"own class": "target_cosine", "nearest other class": "other_cosine"}


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, class and bin of the angle, the share of images; replicates pooled."""
    rows = []
    for arm, models in records_by_arm(results, tuple(_KINDS.values())):
        angles = {
            kind: np.degrees(
                np.arccos(np.concatenate([getattr(each, field) for each in models]).clip(-1, 1))
            )
            for kind, field in _KINDS.items()
        }
        rows += histogram(arm.name, angles, _EDGES)
    return pa.Table.from_pylist(rows)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel an arm."""
    draw_histograms(data, canvas, "angle (°)")


register_figure("angles")(
    FigureDefinition(
        title="Angles of features to the weights of their class and of the nearest other one",
        data=data,
        draw=draw,
    )
)
