"""A new database for MLflow: made by MLflow once on a machine, and copied from then on.

MLflow makes its tables by going through all versions that they ever had: two seconds of each first
run.
"""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from incay.study.caches import cache_folder
from incay.study.mirrors.relocation import ARTIFACTS, relocate
from incay.study.mirrors.urls import file_url, sqlite_url

ARTIFACT_ROOT = "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""What MLflow reads, when it makes a database, for its experiment "Default": else that keeps its
artifacts in the directory that the process happened to start in."""

_LONGEST = 3600.0
"""Seconds after which whoever has begun a template is surely gone."""


def make_database(path: Path) -> None:
    """Make a database as a whole or not at all.

    A process that is killed while MLflow makes its tables would leave one that MLflow can neither
    open nor complete.
    """
    for left in path.parent.glob(f".{path.name}*.new"):
        left.unlink()
    begun = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.new")  # MLflow makes each once
    prepare_template()
    if not _copied(template(), begun):
        _made(begun, path.parent)
    begun.rename(path)


def prepare_template() -> None:
    """Make what new databases are copied from, if it is not there; done without if it cannot be."""
    kept = template()
    if kept.exists():
        return
    with suppress(OSError, sqlite3.Error):
        kept.parent.mkdir(parents=True, exist_ok=True)
        for left in kept.parent.glob("*.new"):
            if time.time() - left.stat().st_mtime > _LONGEST:
                left.unlink()
        begun = kept.with_name(f"{kept.name}.{uuid.uuid4().hex[:8]}.new")
        _made(begun, kept.parent)
        begun.rename(kept)


def template() -> Path:
    """Return where a new database of this MLflow's is kept."""
    return cache_folder("mlflow") / f"{version('mlflow')}.db"


def _made(path: Path, results: Path) -> None:
    import mlflow

    with _artifacts_in(results):
        client = mlflow.MlflowClient(sqlite_url(path))
    client._tracking_client.store.engine.dispose()  # nothing of it is left in memory


def _copied(source: Path, target: Path) -> bool:
    """Copy a template; return whether it could be used."""
    if not source.is_file():
        return False
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as kept,
            closing(sqlite3.connect(target)) as new,
        ):
            kept.backup(new)
            sound = new.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not sound:
            raise sqlite3.DatabaseError("it is damaged")
        relocate(target)
    except (OSError, sqlite3.Error):
        target.unlink(missing_ok=True)
        with suppress(OSError):
            source.unlink()  # made again the next time
        return False
    return True


@contextmanager
def _artifacts_in(results: Path) -> Iterator[None]:
    before = os.environ.get(ARTIFACT_ROOT)
    os.environ[ARTIFACT_ROOT] = file_url(results / ARTIFACTS)
    try:
        yield
    finally:
        if before is None:
            del os.environ[ARTIFACT_ROOT]
        else:
            os.environ[ARTIFACT_ROOT] = before
