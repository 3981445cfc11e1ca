"""The registry of formats: each turns what a table holds into text, and has a suffix of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from incay.analysis.content import TableContent
from incay.analysis.errors import AnalysisError
from incay.trainables.registry import DefinitionRegistry

Renderer = Callable[[TableContent], str]


@dataclass(frozen=True)
class Format:
    """How tables are written down.

    Attributes:
        render: Turns a table into text.
        suffix: How files of this format end, with the dot.
    """

    render: Renderer
    suffix: str


renderers: DefinitionRegistry[Format] = DefinitionRegistry(
    "format", "incay.analysis.output.renderers", AnalysisError
)
"""All formats by name."""


def register_renderer(name: str, *, suffix: str) -> Callable[[Renderer], Renderer]:
    """Return a decorator that registers a renderer.

    Args:
        name: Name of its format.
        suffix: Suffix of its files, such as ``.csv``; no other format may have it.
    """

    def add(renderer: Renderer) -> Renderer:
        renderers.register(name)(Format(renderer, suffix))
        return renderer

    return add


def render(table: TableContent, format: str) -> str:
    """Return a table as text.

    Args:
        table: The table.
        format: A name of `renderers`, such as ``markdown``.

    Raises:
        AnalysisError: There is no such format.
    """
    return renderers[format].render(table)


def format_of(path: str | Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        AnalysisError: No format has this suffix.
    """
    names = {each.suffix: name for name, each in renderers.items()}
    suffix = Path(path).suffix.lower()
    if suffix not in names:
        raise AnalysisError(
            f"a table's file must end in one of {', '.join(names)}, or its format be named, but "
            f"got {str(path)!r}"
        )
    return names[suffix]
