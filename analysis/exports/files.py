"""Tables as files: the format that the name's suffix asks for, with a manifest beside it."""

from __future__ import annotations

from pathlib import Path

from incay.analysis.exports.manifests import write_manifest
from incay.analysis.output.renderers.base import format_of, render
from incay.analysis.output.table import Table
from incay.trainables.written import write_named


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
    write_named(path, text)
    return write_manifest(table, path, chosen)
