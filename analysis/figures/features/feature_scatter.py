"""The features themselves, where they are two-dimensional."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import as_text
from incay.analysis.results.completed import completed
from incay.analysis.results.samples import read_samples
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_MOST_IMAGES = 2_000
_COLUMNS = 3
_ENDED = b"ended"


def data(results: StudyResults) -> pa.Table:
    """Return label, correctness and both feature coordinates of the first replicate's images.

    At most 2,000 images per arm, evenly spaced in the split's order. An arm whose first replicate
    has not completed has no rows; the metadata say how it ended.
    """
    parts = []
    ended: dict[str, str] = {}
    completed(results)  # or else say that there is none
    for arm in results.arms:
        if not (trials := arm.phase("confirm")):
            continue
        first = trials[0]
        if not first.is_whole:
            ended[arm.name] = first.status
            continue
        samples = read_samples(results, first)
        if samples.features is None:
            continue
        chosen = np.unique(
            np.linspace(0, len(samples.label) - 1, _MOST_IMAGES).round().astype(np.int64)
        )
        parts.append(
            pa.table(
                {
                    "arm": [arm.name] * len(chosen),
                    "label": samples.label[chosen],
                    "correct": samples.correct[chosen],
                    "feature_0": samples.features[chosen, 0],
                    "feature_1": samples.features[chosen, 1],
                }
            )
        )
    if not parts:
        raise AnalysisError(
            f"features of study {results.name!r} must be two-dimensional to be drawn, but are not"
        )
    return pa.concat_tables(parts).replace_schema_metadata({_ENDED: json.dumps(ended).encode()})


def draw(data: pa.Table, canvas: Canvas) -> None:
    """Draw one panel per arm; each class is a colour and its number stands at its mean."""
    from matplotlib import colormaps

    ended = json.loads((data.schema.metadata or {}).get(_ENDED, b"{}"))
    order = json.loads((data.schema.metadata or {}).get(b"arms", b"[]"))
    labels = sorted(distinct(data, "label"))
    arms = sorted({*distinct(data, "arm"), *ended}, key=order.index)
    columns = min(_COLUMNS, len(arms))
    rows = math.ceil(len(arms) / columns)
    canvas.set_size_inches(2.3 * columns, 2.4 * rows)
    panels = canvas.subplots(rows, columns, squeeze=False).ravel()
    shades = colormaps["viridis"](np.linspace(0.0, 0.95, len(labels)))
    for panel in panels[len(arms) :]:
        panel.set_visible(False)
    for arm, panel in zip(arms, panels, strict=False):
        for label, shade in zip(labels, shades, strict=True):
            chosen = where(data, arm=arm, label=label)
            x, y = numbers(chosen, "feature_0"), numbers(chosen, "feature_1")
            panel.plot(x, y, ".", color=shade, markersize=1.6, alpha=0.6, rasterized=True)
            if len(x):
                box = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}
                centre = float(np.median(x)), float(np.median(y))
                panel.text(*centre, str(label), ha="center", va="center", bbox=box, zorder=5)
        panel.set_aspect("equal", adjustable="datalim")
        panel.set_title(as_text(arm) + (f": {as_text(ended[arm])}" if arm in ended else ""))


register_figure("feature-scatter")(
    FigureDefinition(
        title="Two-dimensional features of the evaluated images, first seed",
        data=data,
        draw=draw,
    )
)
