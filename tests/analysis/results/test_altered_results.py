"""What is said of a study whose records or winners somebody has lost or altered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from study_factory import RN, StudyFactory

from incay.analysis import load, render, table
from incay.analysis.results.study import StudyResults
from incay.trainables.store.shapes import Frozen


@pytest.fixture
def factory(tmp_path: Path) -> StudyFactory:
    """A study with a search and confirmed winners."""
    factory = StudyFactory(tmp_path)
    factory.arm("Softmax", {})
    factory.arm("RN", RN, {"incay.weight": "log 1e-3 .. 1e3"})
    params = {"incay.weight": 2.0}
    factory.trial("RN", 0, {"val.error": 8.0}, phase="search", params=params)
    for number in range(2):
        factory.trial("Softmax", number, {"test.error": 9.0})
        factory.trial("RN", number, {"test.error": 8.0}, params=params)
    factory.write()
    return factory


def read(factory: StudyFactory) -> StudyResults:
    return load(factory.store, factory.name)


def test_damaged_records_do_not_close_the_test_split_again(factory: StudyFactory) -> None:
    before = read(factory)
    assert before.split == "test"
    for trial in before.trials:
        if trial.phase == "confirm":
            factory.store.write(factory.record_path(trial.fingerprint), b"{")
    damaged = read(factory)
    assert damaged.split == "test"
    assert "on the test split" in render(table(damaged), "terminal")


def test_winners_that_were_altered_are_told_of(factory: StudyFactory) -> None:
    assert "But the book" not in table(read(factory)).protocol
    frozen = factory.books.frozen()
    assert frozen is not None
    winner = replace(frozen.winners["RN"], params={"incay.weight": 3.0})
    factory.books.write_frozen(Frozen({"RN": winner}, frozen.sha256))
    assert "must match its own hash" in table(read(factory)).protocol
    factory.store.write(f"{factory.books.folder}/freeze.json", b"{")
    assert "is damaged" in table(read(factory)).protocol
    factory.store.delete(f"{factory.books.folder}/freeze.json")
    assert "is missing" in table(read(factory)).protocol


def test_seen_test_results_that_are_gone_are_told_of(factory: StudyFactory) -> None:
    seen = read(factory)  # leaves a line in the book of looks
    assert "are not there now" not in table(seen).protocol
    for trial in seen.trials:
        record = Path(factory.store.root, factory.record_path(trial.fingerprint))
        shutil.rmtree(record.parent)
    told = table(read(factory)).protocol
    assert "and frozen; there is no test result." in told
    assert "confirmed" not in told
    assert "Test results of replicates 0, 1 were seen on 2" in told
