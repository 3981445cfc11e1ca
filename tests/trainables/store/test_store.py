"""The store: whole files only, checksums, nothing executed, any pyarrow file system."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import SCHEMA_VERSION, TrialRecord
from incay.trainables.store.runs.known import has_studies, run_names, study_names, where_studies
from incay.trainables.store.trials import Store

CONFIG = {"steps": 10}
NAME = fingerprint_of(CONFIG, "d", "c")


def record(**changes: Any) -> TrialRecord:
    values: dict[str, Any] = {
        "fingerprint": NAME,
        "status": Ending.COMPLETED,
        "config": CONFIG,
        "step": 10,
        "metrics": {"test.error": 1.5, "test.norm_wrong": math.nan},
        "data_hash": "d",
        "code_version": "c",
        "provenance": {"host": "here"},
    }
    return TrialRecord(**{**values, **changes})


def record_path(store: Store) -> Path:
    assert store.local_root is not None
    return store.local_root / f"trials/{NAME[:2]}/{NAME}/record.json"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


def test_record_and_tables_round_trip(store):
    columns = {"label": [1, 2], "prediction": [1, 1], "loss": [0.5, 1.5], "norm": [2.0, 3.0]}
    samples = pa.table(columns).replace_schema_metadata({"split": "test"})
    history = [{"step": 5.0, "val.error": 2.0}, {"step": 10.0, "val.error": 1.0, "test.error": 3.0}]
    written = store.write_record(record(), history, {"samples": samples})
    read = store.read_record(NAME)
    assert read is not None
    assert read.metrics["test.error"] == 1.5
    assert math.isnan(read.metrics["test.norm_wrong"])
    assert read.files == written.files
    table = store.read_table(read, "history.parquet")
    assert table.column("val.error").to_pylist() == [2.0, 1.0]
    assert table.column("test.error").to_pylist() == [None, 3.0]
    read_samples = store.read_table(read, "samples.parquet")
    assert read_samples.schema.metadata[b"split"] == b"test"


def test_trials_are_listed_by_how_their_fingerprints_begin(store):
    names = ["ab12", "ab34", "cd12"]
    for name in names:
        store.write_record(record(fingerprint=name), [])
    for prefix, wanted in {"": names, "ab": names[:2], "ab3": ["ab34"], "ef": []}.items():
        assert sorted(store.fingerprints(prefix)) == wanted


def test_reports_of_a_record(store):
    history = [{"step": 5.0, "val.error": 2.0}, {"step": 10.0, "val.error": 1.0}]
    assert store.history(store.write_record(record(), history)) == history
    assert store.history(record()) == []


def test_a_folder_has_studies_once_one_has_books(store):
    assert not has_studies(store.local_root)
    Books(store, "small", "abc").write_models({})
    assert has_studies(store.local_root)
    for folder in ("studies", "studies/small"):  # what a desktop leaves is no study and no run
        (store.local_root / folder / ".DS_Store").touch()
    assert study_names(store) == ["small"]
    assert run_names(store, "small") == ["abc"]
    assert where_studies(store) == f"{store.root}/studies"
    assert where_studies(store, "small") == f"{store.root}/studies/small"


def test_no_record_is_none(store):
    assert store.read_record(NAME) is None
    assert store.checkpoints.read(NAME) is None
    assert list(store.list("studies")) == []


@pytest.mark.parametrize("damage", ["truncate", "flip", "alter", "empty"])
def test_a_damaged_record_is_named(store, damage):
    store.write_record(record(), [])
    path = record_path(store)
    content = path.read_bytes()
    if damage == "truncate":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content = content.replace(b"1.5", b"1.4")
    elif damage == "alter":
        values = json.loads(content)
        values["metrics"]["test.error"] = 0.1
        content = json.dumps(values).encode()
    else:
        content = b""
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"record\.json"):
        store.read_record(NAME)


def test_a_newer_schema_is_refused(store):
    newer = record(schema=SCHEMA_VERSION + 1)
    store.write_record(newer, [])
    with pytest.raises(RecordError, match="newer version"):
        store.read_record(NAME)


@pytest.mark.parametrize("missing", [False, True])
def test_a_damaged_table_is_named(store, missing):
    written = store.write_record(record(), [{"step": 1.0}])
    (path,) = record_path(store).parent.glob("history-*.parquet")
    if missing:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(RecordError, match=path.name):
        store.read_table(written, "history.parquet")


def test_two_writers_of_a_trial_leave_one_whole_result(store, monkeypatch):
    """However two studies that train the same trial at once take turns."""
    own = Store.write
    others = []

    def interrupted(self, path: str, content: bytes) -> None:
        own(self, path, content)
        if "history" in path and not others:  # the other writes all of its own in between
            others.append(path)
            store.write_record(record(), [{"step": 1.0, "train.loss": 0.5}])

    monkeypatch.setattr(Store, "write", interrupted)
    written = store.write_record(record(), [{"step": 1.0, "train.loss": 0.25}])
    assert store.read_record(NAME).files == written.files
    table = store.read_table(store.read_record(NAME), "history.parquet")
    assert table.column("train.loss").to_pylist() == [0.25]


def test_tables_of_an_ending_that_is_no_result_do_not_pile_up(store):
    for step in (1.0, 2.0, 3.0):
        store.write_record(record(status=Ending.INTERRUPTED), [{"step": step}])
    assert len(list(record_path(store).parent.glob("history-*.parquet"))) == 1


def test_a_damaged_checkpoint_is_named(store):
    store.checkpoints.write(NAME, b"weights")
    assert store.checkpoints.read(NAME) == b"weights"
    path = record_path(store).with_name("checkpoint.pt")
    path.write_bytes(path.read_bytes()[:-1] + b"S")
    with pytest.raises(RecordError, match=r"checkpoint\.pt"):
        store.checkpoints.read(NAME)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(store, monkeypatch):
    store.write("file", b"old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write("file", b"new")
    monkeypatch.undo()
    assert store.read("file") == b"old"
    assert list(store.list("")) == ["file"]


def test_any_pyarrow_file_system(tmp_path):
    store = Store(f"file://{tmp_path}/results")
    store.write_record(record(), [{"step": 1.0}])
    assert store.read_record(NAME) is not None
    assert Store(tmp_path / "results").read_record(NAME) is not None


def test_pickles_by_address_so_that_workers_open_their_own(store):
    store.write("file", b"content")
    copy = pickle.loads(pickle.dumps(store))
    assert copy.root == store.root
    assert copy.read("file") == b"content"
