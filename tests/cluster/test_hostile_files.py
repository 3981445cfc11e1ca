"""Files that somebody else could have put in the store or into a study: none runs anything."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pickle
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from bounds import bounded
from damages import PLACES

from incay import analysis
from incay.study.cluster.file import load_cluster_file
from incay.study.errors import UserError
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.data import datasets
from incay.trainables.store.endings import Ending
from incay.trainables.store.opening import check_place, open_store
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.task import TrialTask

NAME = "ab" + "0" * 18


class Hostile:
    """Unpickling it makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def _torch_file(mark: Path) -> bytes:
    buffer = io.BytesIO()
    torch.save({"trainer": Hostile(mark), "meta": {}}, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [_torch_file, lambda mark: pickle.dumps(Hostile(mark))])
def test_a_hostile_checkpoint_runs_nothing(tmp_path, content):
    store, mark = Store(tmp_path / "results"), tmp_path / "mark"
    config = TrialConfig.from_dict(
        {**TrialConfig(steps=2, reports=1).to_dict(), "dataset": {"name": "digits"}}
    )
    harmful = content(mark)
    # Its checksum is right: whoever may write to the store may write that too.
    store.write(f"trials/ab/{NAME}/checkpoint.pt", hashlib.sha256(harmful).digest() + harmful)
    data = datasets["digits"]().load(None)
    # Whether the trial begins anew or fails: what counts is what did not run.
    with contextlib.suppress(pickle.UnpicklingError):
        TrialSession(TrialTask(NAME, config, "x"), data, store, torch.device("cpu"))
    assert not mark.exists()


def test_a_hostile_record_runs_nothing(tmp_path):
    store, mark = Store(tmp_path / "results"), tmp_path / "mark"
    for content in (
        pickle.dumps(Hostile(mark)),
        b"!!python/object/apply:os.system ['true']",
        b"{}",
    ):
        store.write(f"trials/ab/{NAME}/record.json", content)
        with pytest.raises(RecordError):
            store.read_record(NAME)
    assert not mark.exists()


def test_a_hostile_table_runs_nothing(tmp_path):
    store, mark = Store(tmp_path / "results"), tmp_path / "mark"
    harmful = pickle.dumps(Hostile(mark))
    store.write(f"trials/ab/{NAME}/history.parquet", harmful)
    files = {"history.parquet": hashlib.sha256(harmful).hexdigest()}
    record = type("Record", (), {"fingerprint": NAME, "files": files})()
    with pytest.raises(Exception, match=r"(?i)parquet"):
        store.read_table(record, "history.parquet")
    assert not mark.exists()


@pytest.mark.parametrize(
    "files",
    [
        {"../../../outside.parquet": "0" * 64},
        {"history.parquet": "x/../../../../outside"},
        {"history.parquet": "", "/etc/outside": "0" * 64},
    ],
)
def test_a_hostile_record_reads_and_deletes_nothing_outside(tmp_path, files):
    store, outside = Store(tmp_path / "results"), tmp_path / "outside.parquet"
    outside.write_bytes(b"somebody's")
    values = {
        "fingerprint": NAME, "config": TrialConfig().to_dict(), "step": 1, "metrics": {},
        "data_hash": "", "code_version": "", "provenance": {},
    }  # fmt: skip
    hostile = TrialRecord(status=Ending.INTERRUPTED, files=files, **values)
    store.write(f"trials/ab/{NAME}/record.json", hostile.to_json().encode())
    for name in files:
        with pytest.raises(RecordError, match="must name tables"):
            store.read_table(hostile, name)
    store.write_record(TrialRecord(status=Ending.COMPLETED, **values), [])
    assert outside.read_bytes() == b"somebody's"


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch {mark}']",
        "name: x\nbase: !!python/object/apply:os.system ['touch {mark}']",
        "name: x\nbase:\n  steps: !!python/name:os.system",
        "name: x\narms: !exec {{A: 1}}",
    ],
)
@pytest.mark.parametrize("load", [load_document, load_cluster_file])
def test_a_hostile_yaml_file_runs_nothing(tmp_path, text, load):
    mark, path = tmp_path / "mark", tmp_path / "hostile.yaml"
    path.write_text(text.format(mark=mark))
    with pytest.raises(UserError):
        load(path)
    assert not mark.exists()


MANY = "\n".join(
    ["a: &a [1, 1, 1, 1, 1, 1, 1, 1]"]
    + [f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]" for old, new in pairwise("abcdefghi")]
)
"""Aliases that stand for 8⁹ values."""


@pytest.mark.parametrize("load", [load_document, load_cluster_file])
@pytest.mark.parametrize(
    "text",
    [MANY, "a: &a [*a]", "a: &a {b: *a}", "[" * 3000, "a: 2020-13-45", "a: " + "x" * 300_000],
)
def test_a_yaml_file_that_never_ends_is_refused(tmp_path, text, load):
    path = tmp_path / "hostile.yaml"
    path.write_text(text)
    with bounded(), pytest.raises(UserError) as refused:
        load(path)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("load", [load_document, load_cluster_file])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_is_refused(tmp_path, place, load):
    path = tmp_path / "hostile.yaml"
    PLACES[place](path)
    with bounded(), pytest.raises(UserError):
        load(path)


@pytest.mark.parametrize("name", ["../../outside", "/etc/outside", "a/b", "a\nb", "a b"])
def test_a_study_name_stays_inside_the_store(tmp_path, name):
    path = tmp_path / "hostile.yaml"
    path.write_text(f"name: {json.dumps(name)}\nbase: {{dataset: digits}}\n")
    with pytest.raises(UserError, match="name"):
        parse_study(load_document(path))


@pytest.mark.parametrize(
    "dataset",
    [
        {"name": "image_folder", "folder": "/etc"},
        {"name": "image_folder", "train": "../../other"},
        {"name": "faces", "pairs": "a/../../../pairs.txt"},
        {"name": "parquet", "train_split": "../secret/train"},
        {"name": "parquet", "folder": "C:\\data"},
    ],
)
def test_a_study_reads_nothing_outside_the_data_root(tmp_path, dataset):
    path = tmp_path / "hostile.yaml"
    path.write_text(f"name: x\nbase: {{dataset: {json.dumps(dataset)}}}\n")
    with pytest.raises(UserError, match="below the data root"):
        parse_study(load_document(path))


@pytest.mark.parametrize("uri", ["s3://KEY:SECRET@bucket/x", "s3://KEY:SE/CR+ET@bucket/x?region=a"])
def test_a_place_with_a_password_is_refused_and_not_repeated(uri):
    with pytest.raises(ValueError, match="no key or password") as refused:
        Store(uri)
    with pytest.raises(UserError, match="--results") as said:
        open_store(uri)
    assert "KEY" not in str(refused.value) + str(said.value)


@pytest.mark.parametrize(
    "uri", ["s3://bucket/x?scheme=http&endpoint_override=127.0.0.1:9000&region=us-east-1", "a:b@c"]
)
def test_a_place_without_a_password_is_taken(uri):
    assert open_store(uri).uri == uri


def test_a_place_that_is_none_is_refused():
    with pytest.raises(UserError, match="must be a directory or a URI such as s3://bucket/path"):
        open_store("s4://bucket/results")


@pytest.mark.parametrize("place", [place for place in PLACES if place != "a folder"])
@pytest.mark.parametrize("below", ["", "results"])
def test_a_place_where_no_directory_can_be_is_refused_in_words(tmp_path, place, below):
    PLACES[place](tmp_path / "there")
    with bounded(), pytest.raises(UserError, match="--results must be a directory") as refused:
        open_store(tmp_path / "there" / below)
    assert "Errno" not in str(refused.value)


def test_no_place_is_not_this_folder():
    for refuse in (open_store, check_place):
        with pytest.raises(UserError, match="--results must name a directory or a URI"):
            refuse("")


def test_python_refuses_a_place_in_the_words_of_the_command_line(tmp_path):
    PLACES["a link to itself"](tmp_path / "there")
    for read in (analysis.load, analysis.trace):
        with pytest.raises(UserError, match="results must be a directory"):
            read(tmp_path / "there", "tiny")
