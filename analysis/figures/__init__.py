"""Figures: one file each, a pure function from results to data and one that draws the data."""

from incay.analysis.figures.base import FigureDefinition, figures, register_figure
from incay.analysis.figures.building import every_figure

__all__ = ["FigureDefinition", "every_figure", "figures", "register_figure"]
