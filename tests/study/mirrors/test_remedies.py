"""What MLflow refuses for good is told with what does help, and that does help."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from in_process import Done, incay
from programs import ENVIRONMENT
from programs import incay as in_own_process

from tests.study.mirrors.test_moved_results import synced, written


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    written(tmp_path / "results")
    return tmp_path / "results"


def refused(root: Path) -> Done:
    done = incay("sync", "planted", "--results", str(root))
    assert done.code == 2, done.err
    assert done.err.count("\n") == 1
    assert "goes on from here" not in done.err
    return done


def taken(message: str) -> None:
    """Do what a message says."""
    commands = [part for part in message.split("`") if part.startswith("mv ")]
    assert len(commands) == 1
    _, old, new = shlex.split(commands[0])
    Path(old).rename(new)


def test_a_deleted_experiment_is_restored_by_the_command_that_is_told(root):
    client, runs = synced(root)
    client.delete_experiment(client.get_experiment_by_name("planted").experiment_id)
    done = refused(root)
    assert "the experiment 'planted' of MLflow must not be deleted, but is" in done.err
    setting, *words = shlex.split(done.err.split("`")[1])
    name, _, value = setting.partition("=")
    assert (name, words[0]) == ("MLFLOW_TRACKING_URI", "mlflow")
    restore = subprocess.run(
        [sys.executable, "-m", *words],
        env={**ENVIRONMENT, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert restore.returncode == 0, restore.stderr
    _, again = synced(root)
    assert {run.info.run_id for run in again} == {run.info.run_id for run in runs}


@pytest.mark.parametrize("content", [b"hello\n", b""])
def test_a_file_that_is_no_database(content, root):
    (root / "mlflow.db").write_bytes(content)
    done = incay("sync", "planted", "--results", str(root))
    assert (done.code, done.out) == (0, "MLflow has everything\n")
    assert "mlflow.db was damaged: kept as mlflow.db.damaged-1, and made anew" in done.err
    assert (root / "mlflow.db.damaged-1").read_bytes() == content


def test_a_database_of_another_version(root):
    synced(root)
    with sqlite3.connect(root / "mlflow.db") as opened:
        opened.execute("UPDATE alembic_version SET version_num = 'fffffffffff0'")
    # In processes of their own: MLflow looks at a database's version once.
    command = ("sync", "planted", "--results", str(root))
    done = in_own_process(*command, cwd=root)
    assert done.returncode == 2, done.stderr
    assert "must be a database of this version of MLflow, but is another's" in done.stderr
    assert "Traceback" not in done.stderr
    taken(done.stderr)
    assert in_own_process(*command, cwd=root).returncode == 0
