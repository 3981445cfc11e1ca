"""Reliability diagram and risk-coverage curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from incay.analysis.figures.base import FigureDefinition, register_figure
from incay.analysis.figures.shared.groups import distinct, numbers, where
from incay.analysis.figures.shared.style import arm_styles, legend_below, marker_every
from incay.analysis.results.measured import records_by_arm
from incay.analysis.results.study import StudyResults
from incay.trainables.measures.calibration import equal_width, raw, tempered
from incay.trainables.measures.selective import risk_coverage

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_POINTS = 100
_NEEDS = ("label", "prediction", "log_confidence")
_TEMPERED = "tempered_log_confidence"


def data_of_reliability(results: StudyResults) -> pa.Table:
    """Return confidence and accuracy by bin, raw and after temperature; replicates pooled."""
    rows = []
    for arm, models in records_by_arm(results, (*_NEEDS, _TEMPERED)):
        for kind, of in (("raw", raw), ("after temperature", tempered)):
            confidence, correct = (
                np.concatenate(part) for part in zip(*map(of, models), strict=True)
            )
            bins = equal_width(confidence, correct)
            rows += [
                {
                    "arm": arm.name,
                    "kind": kind,
                    "confidence": float(bins.confidence[index]),
                    "accuracy": float(bins.accuracy[index]),
                    "images": int(bins.count[index]),
                }
                for index in np.flatnonzero(bins.count)
            ]
    return pa.Table.from_pylist(rows)


def draw_reliability(data: pa.Table, canvas: Canvas) -> None:
    """Draw accuracy over confidence beside the diagonal, on which calibrated answers lie."""
    kinds = distinct(data, "kind")
    panels = canvas.subplots(1, len(kinds), sharex=True, sharey=True, squeeze=False)[0]
    canvas.set_size_inches(3.0 * len(kinds), 3.4)
    for kind, panel in zip(kinds, panels, strict=True):
        panel.plot([0.0, 1.0], [0.0, 1.0], color="0.6", linewidth=0.8)
        for arm, style in arm_styles(data).items():
            bins = where(data, arm=arm, kind=kind)
            panel.plot(numbers(bins, "confidence"), numbers(bins, "accuracy"), **style)
        panel.set_title(kind)
        panel.set_xlabel("confidence")
    panels[0].set_ylabel("share of right answers")
    legend_below(canvas, columns=2)


def data_of_risk(results: StudyResults) -> pa.Table:
    """Return the error among the images that are kept, by confidence and norm; means of seeds."""
    coverage = np.arange(1, _POINTS + 1) / _POINTS
    parts = []
    for arm, models in records_by_arm(results, (*_NEEDS, "norm")):
        for kind, field in (("confidence", "log_confidence"), ("‖f‖", "norm")):
            risks = []
            for each in models:
                kept, risk = risk_coverage(getattr(each, field), each.correct)
                risks.append(np.interp(coverage, kept, risk))
            parts.append(
                pa.table(
                    {
                        "arm": [arm.name] * _POINTS,
                        "kind": [kind] * _POINTS,
                        "coverage": coverage,
                        "error": 100.0 * np.mean(risks, axis=0),
                        "n": [len(models)] * _POINTS,
                    }
                )
            )
    return pa.concat_tables(parts)


def draw_risk(data: pa.Table, canvas: Canvas) -> None:
    """Draw the error over the share of images that are kept."""
    kinds = distinct(data, "kind")
    panels = canvas.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    canvas.set_size_inches(3.2 * len(kinds), 3.4)
    for kind, panel in zip(kinds, panels, strict=True):
        for arm, style in arm_styles(data).items():
            curve = where(data, arm=arm, kind=kind)
            look = {**style, "markevery": marker_every(curve.num_rows)}
            panel.plot(100.0 * numbers(curve, "coverage"), numbers(curve, "error"), **look)
        panel.set_title(f"ranked by {kind}")
        panel.set_xlabel("images kept (%)")
        panel.set_ylim(bottom=0.0)
    panels[0].set_ylabel("error among them (%)")
    legend_below(canvas, columns=2)


register_figure("reliability")(
    FigureDefinition(
        title="Share of right answers by confidence; calibrated answers lie on the diagonal",
        data=data_of_reliability,
        draw=draw_reliability,
    )
)
register_figure("risk-coverage")(
    FigureDefinition(
        title="Error among the images that are kept, the most certain first",
        data=data_of_risk,
        draw=draw_risk,
    )
)
