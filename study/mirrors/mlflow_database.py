"""Where the MLflow mirror of a store is, and how it is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from incay.study.errors import UserError
from incay.study.mirrors.new_database import ARTIFACT_ROOT, make_database
from incay.study.mirrors.relocation import ARTIFACTS, refuse_other_programs, relocate
from incay.study.mirrors.remedies import DamagedCopyError
from incay.study.mirrors.urls import file_url, sqlite_url
from incay.trainables.store.trials import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE = "mlflow.db"
"""The mirror of a local store, beside the results."""

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
# A dead server must be noticed in seconds, not in MLflow's default of four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# Else each run's page is told, with the login that a URL may hold.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")  # else it tells of each new database


def tracking_uri(store: Store) -> str:
    """Return where the mirror of a store is: MLFLOW_TRACKING_URI, or SQLite beside the store.

    Raises:
        UserError: The store is remote and no tracking URI is set.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if uri:
        return uri
    if store.local_root is None:
        raise UserError(
            f"MLFLOW_TRACKING_URI must be set for results at {store.uri}: "
            "a database cannot lie on a remote file system"
        )
    return sqlite_url(store.local_root / DATABASE)


def own_database(store: Store) -> Path | None:
    """Return the database beside the results; None where MLflow is elsewhere."""
    if os.environ.get("MLFLOW_TRACKING_URI") or store.local_root is None:
        return None
    return store.local_root / DATABASE


def artifact_root(store: Store) -> str | None:
    """Return where MLflow keeps artifacts of a local store, in the results; None for another."""
    return None if store.local_root is None else file_url(store.local_root / ARTIFACTS)


def client_artifacts(store: Store) -> str | None:
    """Return where this process writes artifacts itself; None where a server decides."""
    served = tracking_uri(store).startswith(("http", "databricks"))
    return None if served else artifact_root(store)


def open_client(store: Store) -> MlflowClient:
    """Open the mirror, whose database is made where there is none."""
    import mlflow

    uri, artifacts = tracking_uri(store), client_artifacts(store)
    own = own_database(store)
    is_new = own is not None and prepare_database(own)
    if artifacts is not None:
        os.environ[ARTIFACT_ROOT] = artifacts  # of experiments that this process makes
    # Not `mlflow.set_tracking_uri`: it sets MLFLOW_TRACKING_URI, for all that comes after.
    client = mlflow.MlflowClient(uri)
    if is_new:
        # MLflow keeps connections by path, to one that was put aside as well.
        client._tracking_client.store.engine.dispose()
    return client


def prepare_database(path: Path) -> bool:
    """Make the database beside results where there is none; set right one that was moved.

    Returns:
        Whether it was made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        if os.path.lexists(path):
            if not path.is_file():
                raise DamagedCopyError(path, "MLflow's database")
            refuse_other_programs(path)
            relocate(path)
            return False
        make_database(path)
        return True
