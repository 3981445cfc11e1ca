"""Honest ablation and hyperparameter studies of feature incay.

In a notebook::

    import incay
    results = incay.load("results", "rn-vs-softmax")
    incay.table(results)
    incay.figure(results, "best-so-far")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incay.analysis import (
        AnalysisError,
        compare,
        export,
        figure,
        load,
        manifest,
        render,
        report,
        table,
        verify,
        write_manifest,
    )

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


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    if name not in __all__:
        raise AttributeError(f"module 'incay' has no attribute {name!r}")
    from incay import analysis

    return getattr(analysis, name)
