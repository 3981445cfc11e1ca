"""What is read out of the store: tables, figures, statistics. Arrow in, no PyTorch, no Ray.

In a notebook::

    from incay.analysis import figure, load, table
    results = load("results", "rn-vs-softmax")
    table(results)
    figure(results, "best-so-far")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incay.analysis.errors import AnalysisError
    from incay.analysis.exports.files import export
    from incay.analysis.exports.manifests import manifest, verify, write_manifest
    from incay.analysis.figures.building import build_figure as figure
    from incay.analysis.output.renderers.base import render
    from incay.analysis.reports.report import report
    from incay.analysis.results.loading import load
    from incay.analysis.tables.building import build_table as table
    from incay.analysis.tables.side_by_side import compare
    from incay.analysis.tracing.trace import trace

__all__ = [
    "AnalysisError",
    "compare",
    "export",
    "figure",
    "load",
    "manifest",
    "render",
    "report",
    "table",
    "trace",
    "verify",
    "write_manifest",
]

_HOMES = {
    "AnalysisError": ("incay.analysis.errors", "AnalysisError"),
    "compare": ("incay.analysis.tables.side_by_side", "compare"),
    "export": ("incay.analysis.exports.files", "export"),
    "figure": ("incay.analysis.figures.building", "build_figure"),
    "load": ("incay.analysis.results.loading", "load"),
    "manifest": ("incay.analysis.exports.manifests", "manifest"),
    "render": ("incay.analysis.output.renderers.base", "render"),
    "report": ("incay.analysis.reports.report", "report"),
    "table": ("incay.analysis.tables.building", "build_table"),
    "trace": ("incay.analysis.tracing.trace", "trace"),
    "verify": ("incay.analysis.exports.manifests", "verify"),
    "write_manifest": ("incay.analysis.exports.manifests", "write_manifest"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'incay.analysis' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
