"""`incay why` explains a hit and each kind of miss."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from in_process import incay

from incay.study.planning.explaining.explain import explain
from incay.trainables.fingerprint import code_files
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store


@pytest.fixture
def store(finished: Path, tmp_path: Path) -> Store:
    """The tiny study's results, to be damaged."""
    shutil.copytree(finished / "results", tmp_path / "results")
    return Store(tmp_path / "results")


def confirmed(store: Store) -> list[str]:
    (path,) = Path(store.root).glob("studies/tiny/*/trials.json")
    rows = json.loads(path.read_text())["trials"]
    return [row["fingerprint"] for row in rows if row["phase"] == "confirm"]


def folder(store: Store, name: str) -> Path:
    return Path(store.root) / "trials" / name[:2] / name


def test_a_hit_says_where_it_comes_from_and_who_asks_for_it(store: Store) -> None:
    name = confirmed(store)[0]
    done = incay("why", name[:12], "--results", store.root)
    assert done.code == 0, done.err
    assert f"{name}: hit" in done.out
    assert "it ended as completed at step 40" in done.out
    assert "asked for by tiny" in done.out
    assert "Softmax, confirm 0" in done.out


def test_a_missing_record_is_told_with_the_most_similar_result(store: Store) -> None:
    name = confirmed(store)[0]
    shutil.rmtree(folder(store, name))
    found = explain(store, name)
    text = "\n".join(found.lines)
    assert not found.hit
    assert "no trial of this fingerprint has ended" in text
    assert "the most similar result is" in text
    assert "seed: " in text


def test_a_damaged_record_is_named(store: Store) -> None:
    name = confirmed(store)[0]
    path = folder(store, name) / "record.json"
    path.write_text(path.read_text()[:100])
    found = explain(store, name)
    assert not found.hit
    assert str(path) in found.lines[0]


def test_changed_training_code_is_named_by_module(store: Store) -> None:
    name = confirmed(store)[0]
    record = store.read_record(name)
    assert record is not None
    progress = Progress(
        step=0,
        seconds=0.0,
        config=record.config,
        data_hash=record.data_hash,
        code_version="",
        provenance={},
        history=[],
    )
    store.write_progress("f" * 20, progress)

    def changed(config: object) -> dict[str, str]:
        return {**code_files(config), "incay.trainables.training.trainer": "new"}  # type: ignore[arg-type]

    with (
        mock.patch("incay.study.planning.explaining.explain.code_files", changed),
        mock.patch("incay.study.planning.explaining.explain.code_version", return_value="changed"),
    ):
        text = "\n".join(explain(store, "f" * 20).lines)
    assert f"the training code: changed now, {record.code_version} there" in text
    assert "incay.trainables.training.trainer has changed" in text
    assert text.count("has changed") == 1


def test_a_miss_that_differs_in_nothing_known_is_no_half_sentence(store: Store) -> None:
    """A study asked for it with other data, which nothing in the store tells."""
    name = confirmed(store)[0]
    (path,) = Path(store.root).glob("studies/tiny/*/trials.json")
    books = Books(store, "tiny", path.parent.name)
    rows = books.trials()
    other = "e" * len(name)
    books.write_trials(
        replace(row, fingerprint=other) if row.fingerprint == name else row for row in rows
    )
    lines = explain(store, "e" * len(name)).lines
    assert any(name in line and "asked for with other data, or" in line for line in lines)
    assert not lines[-1].endswith("differs in")


@pytest.mark.parametrize("prefix", ["zzzz", ""])
def test_a_prefix_must_name_one_trial(store: Store, prefix: str) -> None:
    done = incay("why", prefix, "--results", store.root)
    assert done.code == 2
    assert "must have a fingerprint that begins with" in done.err


def test_trials_of_a_component_that_is_gone_are_explained_as_far_as_may_be(store: Store) -> None:
    """By itself it is told with its reason; beside it the others are told as ever."""
    name, other = confirmed(store)[:2]
    record = store.read_record(name)
    assert record is not None
    gone = {**record.config, "loss": {"name": "gone"}}
    strange = fingerprint_of(gone, record.data_hash, record.code_version)
    of_it = replace(record, config=gone, fingerprint=strange)
    store.write_record(replace(of_it, status=Ending.FAILED, reason="it broke"), [])
    lines = explain(store, strange).lines
    assert lines[0] == "it ended as failed, which is no result: it broke"
    assert lines[1].startswith("this program does not know its settings (any more): loss must be")
    store.write_record(of_it, [])
    lines = explain(store, strange).lines
    assert lines[-1].startswith("this program could not train it again: loss must be one of")
    shutil.rmtree(folder(store, other))
    assert "the most similar result is" in "\n".join(explain(store, other).lines)
