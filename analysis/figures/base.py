"""How a figure is defined, and the registry of figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from incay.analysis.errors import AnalysisError
from incay.analysis.results.study import StudyResults
from incay.trainables.registry import DefinitionRegistry

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


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


figures: DefinitionRegistry[FigureDefinition] = DefinitionRegistry(
    "figure", "incay.analysis.figures", AnalysisError
)
"""All figure definitions by name."""

register_figure = figures.register
