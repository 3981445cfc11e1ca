"""MLflow's database after its results were moved, renamed or copied.

MLflow writes down where each experiment and run keeps its artifacts as a full URL. Theirs lie
beside the database, below ``mlartifacts``: whoever opens it at another place than before sets them
right, so that nothing is written to, or looked for at, the old place.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from incay.study.errors import UserError
from incay.study.mirrors.urls import file_url

ARTIFACTS = "mlartifacts"

_PLACES = (("runs", "artifact_uri"), ("logged_models", "artifact_location"))
"""Tables and columns that hold places below an experiment's."""


_TABLES = {"experiments", "runs", "metrics", "params"}
"""Some of MLflow's."""


def refuse_other_programs(database: Path) -> None:
    """Refuse a sound database of another program: it is somebody's work, no damaged copy.

    Raises:
        UserError: It has tables, and none of MLflow's.
        sqlite3.Error: It is no database.
    """
    with closing(sqlite3.connect(database, timeout=60)) as opened:
        rows = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = sorted(name for (name,) in rows)
    if names and not _TABLES & set(names):
        raise UserError(
            f"{database} must be MLflow's database, but is another program's, with the tables "
            f"{', '.join(names[:3])}: move it elsewhere, and `incay sync` with the study's name "
            "fills a new one"
        )


def relocate(database: Path) -> None:
    """Set the places of artifacts in a database to the folder that lies beside it.

    Args:
        database: MLflow's, whose tables exist. One that a newer MLflow has changed is left alone.

    Raises:
        sqlite3.Error: It is no such database, or cannot be written.
    """
    here = file_url(database.parent / ARTIFACTS)
    with closing(sqlite3.connect(database, timeout=60)) as opened, opened:
        known = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
        experiments = opened.execute(
            "SELECT experiment_id, artifact_location FROM experiments"
        ).fetchall()
        for experiment, location in experiments:
            old = _old_place(location or "")
            if old is None or old == here:
                continue
            moved = (here, len(old) + 1, experiment, len(old), old)
            opened.execute(
                "UPDATE experiments SET artifact_location = ? || substr(artifact_location, ?) "
                "WHERE experiment_id = ? AND substr(artifact_location, 1, ?) = ?",
                moved,
            )
            for table, column in _PLACES:
                if table in known:
                    opened.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE experiment_id = ? AND substr({column}, 1, ?) = ?",
                        moved,
                    )


def _old_place(location: str) -> str | None:
    """Return where the artifacts of all experiments lay; None where somebody chose another place.

    Ours keep them in that folder itself, MLflow's own experiment in one below it.
    """
    before, found, after = location.rpartition(f"/{ARTIFACTS}")
    if not found or not location.startswith(("file:", "/")) or after.count("/") > 1:
        return None
    return before + found if after == "" or after.startswith("/") else None
