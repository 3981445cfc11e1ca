"""Accuracy and number of images by feature norm (paper A, Figure 1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import numbers, where
from incay.analysis.figures.shared.norms import NormRange, label_norms
from incay.analysis.figures.shared.style import arm_styles, legend_below
from incay.analysis.results.completed import samples_by_arm
from incay.analysis.results.study import StudyResults
from incay.analysis.statistics.rounding import RELATIVE
from incay.trainables.metrics import ACCURACY

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_BINS = 10


def data(results: StudyResults) -> pa.Table:
    """Return, by arm and norm bin, images per model and their accuracy.

    The paper's bins are 100 wide; here their width is a round number that makes about ten.
    All replicates of an arm are pooled; a bin without images has no accuracy.
    """
    models = list(samples_by_arm(results))
    span = NormRange({arm.name: each for arm, each in models})
    edges = bin_edges(span.largest)
    rows = []
    for arm, each in models:
        norm = span.clip(np.concatenate([samples.norm for samples in each]))
        correct = np.concatenate([samples.correct for samples in each])
        images, _ = np.histogram(norm, edges)
        right, _ = np.histogram(norm[correct], edges)
        for index, count in enumerate(images):
            rows.append(
                {
                    "arm": arm.name,
                    "models": len(each),
                    "low": float(edges[index]),
                    "high": float(edges[index + 1]),
                    "images": float(count) / len(each),
                    ACCURACY.name: 100.0 * float(right[index]) / float(count) if count else None,
                }
            )
    return span.note(pa.Table.from_pylist(rows))


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw accuracy above and number of images below."""
    above, below = canvas.subplots(2, 1, sharex=True)
    for name, style in arm_styles(data).items():
        bins = where(data, arm=name)
        middle = (numbers(bins, "low") + numbers(bins, "high")) / 2.0
        above.plot(middle, numbers(bins, ACCURACY.name), **style)
        below.plot(middle, numbers(bins, "images"), **style)
    above.set_ylabel(ACCURACY.heading)
    below.set_ylabel("images per model")
    label_norms(below, data)
    below.set_ylim(bottom=0)
    legend_below(canvas)


def bin_edges(largest: float) -> npt.NDArray[np.float64]:
    """Return edges of bins of a round width, from 0 to the largest norm at least.

    They are made by count, because repeated addition of a width may stop short of a norm that is
    an exact multiple of it; the image with that norm would be in no bin.
    """
    width = round_width(largest)
    # A multiple of the width but for rounding needs no further, empty bin.
    count = max(1, math.ceil(largest / width * (1.0 - RELATIVE)))
    edges: npt.NDArray[np.float64] = width * np.arange(count + 1, dtype=np.float64)
    edges[-1] = max(edges[-1], largest)
    return edges


def round_width(largest: float) -> float:
    """Return 1, 2 or 5 times a power of ten that divides [0, largest] into about ten bins."""
    if largest <= 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest / _BINS))
    return min(
        (factor * power for factor in (1.0, 2.0, 5.0, 10.0)),
        key=lambda width: abs(largest / width - _BINS),
    )


register_figure("paper-a-figure-1")(
    FigureDefinition(
        title="Accuracy and number of images by feature norm",
        source="paper A, Figure 1",
        data=data,
        draw=draw,
        size=(5.0, 4.4),
    )
)
