"""Feature norms of images in and out of distribution."""

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

_BINS = 40
_MOST = 99.5  # per cent of an arm's norms: a few long ones would leave the others one bin


def data(results: StudyResults) -> pa.Table:
    """Return, by arm, set and bin of the norm, the share of images; replicates pooled."""
    rows = []
    for arm, models in records_by_arm(results, ("outside",)):
        sets = dict.fromkeys(name for each in models for name in each.outside or {})
        norms = {"in distribution": np.concatenate([each.norm for each in models])}
        for name in sets:
            others = [
                each.outside[name] for each in models if each.outside and name in each.outside
            ]
            norms[name] = np.concatenate([other.norm for other in others])
        longest = max(float(np.percentile(each, _MOST)) for each in norms.values())
        rows += histogram(arm.name, norms, np.linspace(0.0, longest or 1.0, _BINS + 1))
    return pa.Table.from_pylist(rows)


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel an arm."""
    draw_histograms(data, canvas, "‖f‖")


register_figure("outside-norms")(
    FigureDefinition(
        title="Feature norms of images in and out of distribution",
        data=data,
        draw=draw,
    )
)
