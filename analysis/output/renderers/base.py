"""The registry of renderers: each turns what a table holds into text."""

from __future__ import annotations

from collections.abc import Callable

from incay.analysis.content import TableContent
from incay.analysis.errors import AnalysisError
from incay.trainables.registry import DefinitionRegistry

Renderer = Callable[[TableContent], str]

renderers: DefinitionRegistry[Renderer] = DefinitionRegistry(
    "format", "incay.analysis.output.renderers", AnalysisError
)
"""All renderers by the name of their format."""

register_renderer = renderers.register


def render(table: TableContent, format: str) -> str:
    """Return a table as text.

    Args:
        table: The table.
        format: ``terminal``, ``markdown``, ``latex``, ``csv``, ``json`` or ``html``.

    Raises:
        AnalysisError: There is no such format.
    """
    return renderers[format](table)
