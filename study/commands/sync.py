"""``incay sync``: the mirrors of a study, filled from its results."""

from __future__ import annotations

import os

from incay.study.commands.console import console
from incay.study.commands.groups import RunChoice


def sync(chosen: RunChoice) -> None:
    """Bring MLflow up to the store."""
    from incay.study.mirrors.mlflow_mirror import Mirror
    from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy

    store, name, run = chosen.find()
    if store.local_root is not None or STORAGE in os.environ:
        OptunaCopy(store, name, run).sync()
    left = Mirror(store, name, run).sync()
    console().print("MLflow has everything" if not left else f"{left} trials have not ended yet")
