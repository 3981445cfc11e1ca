"""``incay sync``: the mirrors of a study, filled from its results."""

from __future__ import annotations

import os

from incay.study.commands.console import console
from incay.study.commands.groups import RunChoice


def sync(chosen: RunChoice) -> None:
    """Bring MLflow up to the store."""
    from mlflow.exceptions import MlflowException

    from incay.study.errors import HaltedError
    from incay.study.mirrors.mlflow_database import tracking_uri
    from incay.study.mirrors.mlflow_mirror import Mirror
    from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy

    store, name, run = chosen.find()
    if store.local_root is not None or STORAGE in os.environ:
        OptunaCopy(store, name, run).sync()
    try:
        left = Mirror(store, name, run).sync()
    except MlflowException as error:
        raise HaltedError(
            f"MLflow at {tracking_uri(store)} must take the runs, but says: {error}. Nothing is "
            "lost: the same command goes on from here"
        ) from error
    console().print("MLflow has everything" if not left else f"{left} trials have not ended yet")
