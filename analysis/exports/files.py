"""Tables as files: the format that the name's suffix asks for, with a manifest beside it."""

from __future__ import annotations

from pathlib import Path

from incay.analysis.errors import AnalysisError
from incay.analysis.exports.manifests import write_manifest
from incay.analysis.output.renderers.base import render
from incay.analysis.output.table import Table

FORMATS = {
    ".txt": "terminal",
    ".md": "markdown",
    ".tex": "latex",
    ".csv": "csv",
    ".json": "json",
    ".html": "html",
}
"""Formats by suffix."""


def format_of(path: str | Path) -> str:
    """Return the format that a file's name asks for.

    Raises:
        AnalysisError: No format has this suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise AnalysisError(
            f"a table's file must end in one of {', '.join(FORMATS)}, or its format be named, but "
            f"got {str(path)!r}"
        )
    return FORMATS[suffix]


def export(table: Table, path: str | Path, format: str | None = None) -> Path:
    """Write a table to a file and its manifest beside it; return the manifest's path.

    Args:
        table: The table.
        path: Where; its folders are made.
        format: See `render`; by default what the path's suffix asks for.

    Raises:
        AnalysisError: There is no such format.
    """
    path = Path(path)
    chosen = format_of(path) if format is None else format
    text = render(table, chosen)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return write_manifest(table, path, chosen)
