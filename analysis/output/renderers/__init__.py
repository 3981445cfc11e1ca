"""Renderers: one file each, from a `Table` to text."""

from __future__ import annotations

from collections.abc import Callable

from incay.analysis.output.table import Table
from incay.analysis.registry import Registry

Renderer = Callable[[Table], str]

renderers: Registry[Renderer] = Registry("format", "incay.analysis.output.renderers")
"""All renderers by the name of their format."""

register_renderer = renderers.register


def render(table: Table, format: str) -> str:
    """Return a table as text.

    Args:
        table: The table.
        format: ``terminal``, ``markdown``, ``latex``, ``csv``, ``json`` or ``html``.

    Raises:
        AnalysisError: There is no such format.
    """
    return renderers[format](table)
