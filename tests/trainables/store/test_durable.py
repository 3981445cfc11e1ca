"""What is said to be written outlasts a power loss: flushes and names come in the right order."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from incay.trainables.store.endings import Ending
from incay.trainables.store.files import Files
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store

CONFIG = {"steps": 10}
NAME = fingerprint_of(CONFIG, "d", "c")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """Note what is flushed, and what gets its name; both are done as well."""
    made: list[tuple[str, Path]] = []
    fsync, replace = os.fsync, Path.replace
    opened: dict[int, Path] = {}
    open_file = os.open

    def noted_open(path: Any, *arguments: Any, **named: Any) -> int:
        descriptor = open_file(path, *arguments, **named)
        opened[descriptor] = Path(path)
        return descriptor

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        made.append(("flush", opened[descriptor]))

    def noted_replace(path: Path, target: Any) -> Path:
        made.append(("name", Path(target)))
        return replace(path, target)

    monkeypatch.setattr("os.open", noted_open)
    monkeypatch.setattr("os.fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    return made


def test_content_is_flushed_before_its_name_and_the_folders_after(calls, tmp_path):
    Store(tmp_path / "results").write("trials/ab/file", b"x")
    assert [kind for kind, _ in calls[:2]] == ["flush", "name"]
    new = ("", "results", "results/trials", "results/trials/ab")
    assert {path for kind, path in calls[2:] if kind == "flush"} == {tmp_path / p for p in new}


def test_a_record_gets_its_name_last_and_is_on_disk_when_it_is_written(calls, tmp_path):
    store = Store(tmp_path)
    tables = {"samples": pa.table({"label": [1, 2]})}
    record = TrialRecord(
        fingerprint=NAME, status=Ending.COMPLETED, config=CONFIG, step=10, metrics={},
        data_hash="d", code_version="c", provenance={},
    )  # fmt: skip
    store.write_record(record, [{"step": 1.0}], tables)
    kinds = [kind for kind, _ in calls]
    assert kinds[:6] == ["flush"] * 3 + ["name"] * 3
    assert [path.name.split("-")[0] for _, path in calls[3:6]] == [
        "history",
        "samples",
        "record.json",
    ]
    assert ("flush", calls[5][1].parent) in calls[6:]


def test_a_record_that_cannot_be_flushed_leaves_nothing(tmp_path, monkeypatch):
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write("folder/file", b"x")
    assert list(store.list("folder")) == []


def test_how_far_a_trial_is_costs_no_flush(calls, tmp_path):
    progress = Progress(
        step=1, seconds=1.0, config=CONFIG, data_hash="d", code_version="c", provenance={},
        history=[],
    )  # fmt: skip
    Store(tmp_path).write_progress(NAME, progress)
    assert [kind for kind, _ in calls] == ["name"]
    calls.clear()
    Store(tmp_path).checkpoints.write(NAME, b"weights")
    assert "flush" in {kind for kind, _ in calls}


def test_a_process_that_is_forked_writes_as_well(tmp_path: Path) -> None:
    """It has none of the threads that flush for its parent."""
    files = Files(str(tmp_path))
    with files.together():
        files.write("a", b"parent")
        files.write("b", b"parent")
    child = os.fork()
    if not child:
        with files.together():
            files.write("a", b"child")
            files.write("b", b"child")
        os._exit(0)
    deadline = time.monotonic() + 30.0
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)
    assert files.read("a") == files.read("b") == b"child"
