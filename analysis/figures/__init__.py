"""Figures: one file each, a pure function from results to data and one that draws the data."""

from incay.analysis.figures.base import figures
from incay.analysis.figures.building import every_figure

__all__ = ["every_figure", "figures"]
