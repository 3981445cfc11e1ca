"""Renderers: one file each, from what a table holds to text."""

from incay.analysis.output.renderers.base import render, renderers

__all__ = ["render", "renderers"]
