"""Honest ablation and hyperparameter studies of feature incay.

In a notebook::

    import incay
    results = incay.load("results", "rn-vs-softmax")
    incay.table(results)
    incay.figure(results, "best-so-far")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incay.analysis import *  # noqa: F403 - one list of names, in one place
    from incay.trainables.worker.model import load_model as load_model

_MODELS = ("load_model",)
"""What imports PyTorch, when it is asked for; reading results does not."""


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    if name in _MODELS:
        return getattr(importlib.import_module("incay.trainables.worker.model"), name)
    # Not `from incay import analysis`: that would ask here for `analysis` first.
    analysis = importlib.import_module("incay.analysis")
    if name not in analysis.__all__:
        raise AttributeError(f"module 'incay' has no attribute {name!r}")
    return getattr(analysis, name)


def __dir__() -> list[str]:
    """List what can be imported, so that a notebook completes it."""
    return sorted([*globals(), *_MODELS, *importlib.import_module("incay.analysis").__all__])
