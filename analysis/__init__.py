"""What is read out of the store: tables, figures, statistics. Arrow in, no PyTorch, no Ray.

In a notebook::

    from analysis import figure, load, table
    results = load("results", "rn-vs-softmax")
    table(results)
    figure(results, "best-so-far")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.errors import AnalysisError
    from analysis.exports import export
    from analysis.figures import build_figure as figure
    from analysis.loading import load
    from analysis.manifests import manifest, verify, write_manifest
    from analysis.renderers import render
    from analysis.reports import report
    from analysis.side_by_side import compare
    from analysis.tables import build_table as table

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
    "verify",
    "write_manifest",
]

_HOMES = {
    "AnalysisError": ("analysis.errors", "AnalysisError"),
    "compare": ("analysis.side_by_side", "compare"),
    "export": ("analysis.exports", "export"),
    "figure": ("analysis.figures", "build_figure"),
    "load": ("analysis.loading", "load"),
    "manifest": ("analysis.manifests", "manifest"),
    "render": ("analysis.renderers", "render"),
    "report": ("analysis.reports", "report"),
    "table": ("analysis.tables", "build_table"),
    "verify": ("analysis.manifests", "verify"),
    "write_manifest": ("analysis.manifests", "write_manifest"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
