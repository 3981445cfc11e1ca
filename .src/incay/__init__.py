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
    from incay.analysis import *  # noqa: F403 - one list of names, in one place


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    from incay import analysis

    if name not in analysis.__all__:
        raise AttributeError(f"module 'incay' has no attribute {name!r}")
    return getattr(analysis, name)
