"""Figures: one file each, a pure function from results to data and one that draws the data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.registry import Registry
from incay.analysis.results.study import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from incay.analysis.figures.figure import Figure


@dataclass(frozen=True, kw_only=True)
class FigureDefinition:
    """How a figure comes about.

    Attributes:
        title: Its caption.
        source: The paper's figure that it answers, empty for our own.
        data: Reads what is drawn out of a study's results; raises an `AnalysisError` where the
            study does not hold it.
        draw: Draws exactly those data onto an empty canvas.
        size: Width and height in inches.
    """

    title: str
    source: str = ""
    data: Callable[[StudyResults], pa.Table]
    draw: Callable[[pa.Table, Canvas], None]
    size: tuple[float, float] = (6.4, 3.2)


figures: Registry[FigureDefinition] = Registry("figure", "incay.analysis.figures")
"""All figure definitions by name."""

register_figure = figures.register


def build_figure(results: StudyResults, name: str) -> Figure:
    """Return a figure of a study.

    Raises:
        AnalysisError: There is no such figure, or the study does not hold its data.
    """
    from incay.analysis.figures.figure import Figure
    from incay.analysis.tables.layouts.notes import protocol_sentence

    definition = figures[name]
    data = definition.data(results)
    arms = json.dumps([arm.name for arm in results.arms]).encode()
    return Figure(
        name=name,
        definition=definition,
        study=results.name,
        run=results.run,
        protocol=protocol_sentence(results),
        data=data.replace_schema_metadata({**(data.schema.metadata or {}), b"arms": arms}),
    )


def every_figure(results: StudyResults) -> dict[str, Figure | AnalysisError]:
    """Return each figure of a study by name, or why the study does not hold its data.

    A figure of two names comes once. They are made once: a report and its attachments show the
    same ones.
    """
    made: dict[str, Figure | AnalysisError] = results.kept.setdefault("figures", {})
    if not made:
        seen: set[int] = set()
        for name, definition in figures.items():
            if id(definition) in seen:  # paper B's name of paper A's figure
                continue
            seen.add(id(definition))
            try:
                made[name] = build_figure(results, name)
            except AnalysisError as error:
                made[name] = error
    return made
