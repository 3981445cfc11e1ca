"""Honest ablation and hyperparameter studies of feature incay.

In a notebook or a script (docs/python.md)::

    import incay
    study = incay.Study("mine", base={...}, arms={"Softmax": {}, "RN": {...}})
    print(incay.plan(study))
    results = incay.run(study)
    incay.table(results)
    incay.load_model(results, "RN").predict(images)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incay.analysis import *  # noqa: F403 - one list of names, in one place
    from incay.study.api.models import load_model as load_model
    from incay.study.api.plan import Plan as Plan
    from incay.study.api.plan import plan as plan
    from incay.study.api.progress import Progress as Progress
    from incay.study.api.run import StudyInterrupt as StudyInterrupt
    from incay.study.api.run import TrialsFailedWarning as TrialsFailedWarning
    from incay.study.api.run import run as run
    from incay.study.api.study import Study as Study
    from incay.study.api.train import TrainedTrial as TrainedTrial
    from incay.study.api.train import train as train
    from incay.trainables.errors import HaltedError as HaltedError
    from incay.trainables.errors import IncayError as IncayError
    from incay.trainables.errors import UserError as UserError

_HOMES = {
    "HaltedError": "incay.trainables.errors",
    "IncayError": "incay.trainables.errors",
    "Plan": "incay.study.api.plan",
    "Progress": "incay.study.api.progress",
    "Study": "incay.study.api.study",
    "StudyInterrupt": "incay.study.api.run",
    "TrainedTrial": "incay.study.api.train",
    "TrialsFailedWarning": "incay.study.api.run",
    "UserError": "incay.trainables.errors",
    "load_model": "incay.study.api.models",
    "plan": "incay.study.api.plan",
    "run": "incay.study.api.run",
    "train": "incay.study.api.train",
}
"""What is no reading of results, and the module of each: what trains imports PyTorch and Ray."""


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that importing the package is fast."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    # Not `from incay import analysis`: that would ask here for `analysis` first.
    analysis = importlib.import_module("incay.analysis")
    if name not in analysis.__all__:
        raise AttributeError(f"module 'incay' has no attribute {name!r}")
    return getattr(analysis, name)


def __dir__() -> list[str]:
    """List what can be imported, so that a notebook completes it."""
    return sorted({*globals(), *_HOMES, *importlib.import_module("incay.analysis").__all__})
