"""Lists of trials say what their place may say: each trial once, of the arms that there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.shapes import ArmBook, Budget, StudyBook, TrialRow
from incay.trainables.store.trials import Store


def row(arm: str, number: int = 0) -> TrialRow:
    return TrialRow(arm=arm, phase="search", number=number, fingerprint=f"{number:020x}")


ARMS = ("RN", "Softmax")
CONFIRM = replace(row("RN"), phase="confirm", fingerprint="f" * 20)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    books = Books(Store(tmp_path), "study", "0" * 8)
    books.write_trials([row("RN"), CONFIRM, row("Softmax")])
    arms = tuple(ArmBook(name=name) for name in ARMS)
    books.write_study(
        StudyBook(name="study", run="0" * 8, baseline="RN", budget=Budget(), arms=arms)
    )
    return books


@pytest.mark.parametrize(
    "rows",
    [
        [replace(row("Softmax"), phase="confirm")],
        [replace(CONFIRM, fingerprint="0" * 20)],
        [row("RN"), row("Softmax", 1)],
        [row("RN", 1), replace(row("RN", 1), fingerprint="a" * 20)],
    ],
)
def test_an_arm_s_list_says_nothing_of_others(books: Books, rows: list[TrialRow]) -> None:
    before = books.trials()
    books.arms.write_trials("RN", rows)
    with pytest.raises(RecordError, match=r"arms/.*/trials\.json must be complete"):
        books.trials()
    (told,) = books.mend()
    assert "kept as" in told
    assert books.trials() == before


def test_no_list_has_an_arm_that_the_study_has_not(books: Books) -> None:
    before = books.trials()
    books.arms.write_trials("Nobody", [row("Nobody")])
    with pytest.raises(RecordError, match="of the study's arms, but some are of 'Nobody'"):
        books.trials()
    assert "kept as" in "".join(books.mend())
    assert books.trials() == before
    books.write_trials([*before, row("Nobody")])
    with pytest.raises(RecordError, match="of the study's arms, but some are of 'Nobody'"):
        books.trials()
    assert "kept as" in "".join(books.mend())
    with pytest.raises(RecordError, match="is missing"):
        books.trials()


@pytest.mark.parametrize("size", [1_000, 2])
def test_no_trial_is_listed_twice(books: Books, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("incay.trainables.store.runs.trial_list.SIZE", size)
    books.write_trials([*books.trials(), replace(CONFIRM, fingerprint="0" * 20)])
    with pytest.raises(RecordError, match="one line for each trial, as for 'RN, confirm 0'"):
        books.trials()
    assert "kept as" in "".join(books.mend())
