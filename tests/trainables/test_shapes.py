"""The shapes of the store: their JSON stays as it is, byte for byte, and older ones are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from simulated_records import simulated_record

from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import checksum
from incay.trainables.store.shapes import (
    ArmBook,
    Budget,
    Frozen,
    Objective,
    Progress,
    StudyBook,
    Winner,
)
from incay.trainables.store.trials import Store

WINNER = {"fingerprint": "ab12", "params": {"incay.weight": 0.5}, "code_version": "c" * 16}
FREEZE = {
    "winners": {"RN": WINNER},
    "sha256": "f6dfe53376d46675c205f8cea346755428140d6fe839b461eee4c90432c10bd9",
}
OBJECTIVE = {"metric": "val.error", "mode": "min", "also": {"val.norm": "max"}}
BUDGET = {
    "trials": 20,
    "seeds": 3,
    "race": "paired",
    "trainings": None,
    "sampler": "tpe",
    "pruner": "none",
    "parallel": 4,
    "seconds": None,
    "seed": None,
}
PROGRESS = {
    "step": 5,
    "seconds": 1.5,
    "config": {"steps": 10},
    "data_hash": "d",
    "code_version": "c",
    "provenance": {"started": "2026-01-01T00:00:00.000+00:00", "attempts": []},
    "history": [{"step": 5.0, "train.loss": 0.5}],
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store, "small", "abc")


def book(**values: object) -> StudyBook:
    arms = (ArmBook(name="RN"),)
    return StudyBook(name="small", run="abc", baseline="RN", arms=arms, **values)


def test_objective_and_budget_are_written_as_plain_values(store, books):
    books.write_study(book(objective=Objective(**OBJECTIVE), budget=Budget(**BUDGET)))
    text = store.read(f"{books.folder}/study.json").decode()
    written = json.loads(text)
    assert list(written["objective"].items()) == list(OBJECTIVE.items())
    assert list(written["budget"].items()) == list(BUDGET.items())
    read = books.study()
    assert read == book(objective=Objective(**OBJECTIVE), budget=Budget(**BUDGET))
    assert read.objective.directions == {"val.error": "min", "val.norm": "max"}


@pytest.mark.parametrize(
    ("given", "metric", "mode"),
    [
        ({}, "val.error", "min"),
        ({"objective": {}}, "val.error", "min"),
        ({"objective": {"metric": "val.loss"}}, "val.loss", "min"),
        ({"objective": {"metric": "val.auc", "mode": "max"}, "budget": None}, "val.auc", "max"),
        ({"budget": {"trials": 3, "later": 1}}, "val.error", "min"),
    ],
)
def test_a_book_that_says_less_is_read(store, books, given, metric, mode):
    values = {"name": "small", "run": "abc", "baseline": "RN", "arms": [{"name": "RN"}], **given}
    store.write(f"{books.folder}/study.json", json.dumps(values).encode())
    read = books.study()
    assert (read.objective.metric, read.objective.mode) == (metric, mode)
    assert (read.budget.trials if read.budget else None) == (given.get("budget") or {}).get(
        "trials"
    )


def test_winners_are_written_and_hashed_as_plain_values(store, books):
    frozen = Frozen.of({"RN": Winner(**WINNER)})
    books.write_frozen(frozen)
    path = f"{books.folder}/freeze.json"
    assert json.loads(store.read(path)) == {**FREEZE, "checksum": checksum(FREEZE)}
    assert books.where_frozen == store.where(path)
    assert books.frozen() == frozen
    assert books.frozen().is_whole


def test_altered_winners_are_noticed(store, books):
    altered = {**FREEZE, "winners": {"RN": {**WINNER, "params": {"incay.weight": 0.6}}}}
    store.write(f"{books.folder}/freeze.json", json.dumps(altered).encode())
    assert not books.frozen().is_whole
    damaged = {**FREEZE, "winners": {"RN": {"params": {}}}}
    store.write(f"{books.folder}/freeze.json", json.dumps(damaged).encode())
    with pytest.raises(RecordError, match=r"freeze\.json must be complete"):
        books.frozen()


def test_a_record_names_what_its_provenance_holds():
    attempts = [{"host": "here"}, {"discarded": "damaged"}]
    full = {"started": "a", "finished": "b", "seconds": 2, "gpu_seconds": 1.0, "attempts": attempts}
    known = simulated_record("ab12", {}, **full)
    assert (known.started, known.finished) == ("a", "b")
    assert (known.seconds, known.gpu_seconds, known.discarded) == (2.0, 1.0, ["damaged"])
    bare = simulated_record("ab12", {})
    assert (bare.finished, bare.seconds, bare.gpu_seconds, bare.discarded) == ("", 0.0, 0.0, [])


def test_progress_is_written_as_plain_values(store):
    store.write_progress("ab12", Progress(**PROGRESS))
    assert store.read("trials/ab/ab12/progress.json").decode() == json.dumps(PROGRESS)
    assert store.read_progress("ab12") == Progress(**PROGRESS)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"step": 5}', b'{"step'])
def test_progress_that_is_damaged_says_nothing(store, content):
    store.write("trials/ab/ab12/progress.json", content)
    assert store.read_progress("ab12") is None
