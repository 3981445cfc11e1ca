"""Which copies a study run has."""

from __future__ import annotations

import os
from collections.abc import Callable

from incay.study.mirrors.base import StudyCopy
from incay.study.mirrors.mlflow_mirror import Mirror
from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy
from incay.trainables.store.trials import Store


def copies_of(store: Store, study: str, run: str) -> list[Callable[[], StudyCopy]]:
    """Return what makes each copy of a study run, MLflow's first.

    The searches of a remote store are copied where a database is named for them.
    """
    makers: list[Callable[[], StudyCopy]] = [lambda: Mirror(store, study, run)]
    if store.local_root is not None or STORAGE in os.environ:
        makers.append(lambda: OptunaCopy(store, study, run))
    return makers
