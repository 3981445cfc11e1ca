"""The list of a run's trials in pieces: what is written is read, and damage costs one piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import NewerRecordError, RecordError
from incay.trainables.store.reading.door import signed
from incay.trainables.store.runs import trial_list
from incay.trainables.store.shapes import ArmBook, StudyBook, TrialRow
from incay.trainables.store.trials import Store


def rows(count: int, first: int = 0) -> list[TrialRow]:
    return [
        TrialRow(
            arm="A", phase="search", number=each, fingerprint=f"{each:020x}", params={"x": each}
        )
        for each in range(first, first + count)
    ]


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(Store(tmp_path), "study", "0" * 8)


def again(books: Books) -> Books:
    return Books(books._files, books.name, books.run)


def pieces(books: Books) -> list[Path]:
    return sorted(Path(books.where).glob("trials-*.json"))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_list, "SIZE", 4)


@pytest.mark.parametrize("count", [0, 3, 4, 5, 8, 21])
def test_what_is_written_is_read(books: Books, count: int) -> None:
    books.write_trials(rows(count))
    assert again(books).trials() == rows(count)
    assert len(pieces(books)) == count // 4
    for path in pieces(books):
        assert len(json.loads(path.read_text())["trials"]) == 4
        assert len(path.read_text().splitlines()) == 6  # one trial a line


def test_a_short_list_is_what_earlier_versions_read(books: Books) -> None:
    books.write_trials(rows(3))
    values = json.loads((Path(books.where) / "trials.json").read_text())
    assert values == signed({"trials": [dict(vars(row)) for row in rows(3)]})


def test_an_earlier_versions_long_list_is_read(books: Books) -> None:
    values = {"trials": [dict(vars(row)) for row in rows(21)]}
    books._files.write_json(f"{books.folder}/trials.json", values)
    assert books.trials() == rows(21)
    assert not books.mend()


def test_pieces_are_written_once(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real = Store.write

    def write(self: Store, path: str, content: bytes) -> None:
        written.append(path.rpartition("/")[2])
        real(self, path, content)

    monkeypatch.setattr(Store, "write", write)
    for count in range(22):
        books.write_trials(rows(count))
    assert len([name for name in set(written) if name != "trials.json"]) == 5
    assert sum(name != "trials.json" for name in written) in (5, 10)  # as a batch, and in it
    written.clear()
    again(books).write_trials(rows(21))
    assert set(written) == {"trials.json"}


def test_a_list_that_changes_leaves_no_piece_behind(books: Books) -> None:
    books.write_trials(rows(21))
    books.write_trials(rows(9, first=2))
    assert again(books).trials() == rows(9, first=2)
    assert len(pieces(books)) == 2
    again(books).write_trials([])
    assert again(books).trials() == []


class _KilledError(BaseException):
    """Stands for a process that ends between two steps."""


@pytest.mark.parametrize("last", range(12))
def test_a_kill_between_two_steps_leaves_one_list_or_the_other(
    books: Books, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    books.write_trials(rows(10))
    done = [0]
    with monkeypatch.context() as broken:

        def until_killed(real: Any) -> Any:
            def step(*arguments: Any) -> Any:
                if done[0] == last:
                    raise _KilledError
                done[0] += 1
                return real(*arguments)

            return step

        for name in ("write", "delete"):
            broken.setattr(Store, name, until_killed(getattr(Store, name)))
        try:
            books.write_trials(rows(13, first=3))
        except _KilledError:
            assert again(books).trials() in (rows(10), rows(13, first=3))
    again(books).write_trials(rows(13, first=3))
    assert again(books).trials() == rows(13, first=3)
    assert len(pieces(books)) == 3


@pytest.mark.parametrize("flaw", ["bit", "cut", "missing", "swapped"])
def test_a_damaged_piece_is_named_and_costs_no_other(books: Books, flaw: str) -> None:
    books.write_trials(rows(21))
    books.write_study(StudyBook(name="study", run="0" * 8, baseline="A", arms=(ArmBook(name="A"),)))
    first, second, *_ = pieces(books)
    lost = {row["number"] for row in json.loads(first.read_text())["trials"]}
    if flaw == "bit":
        first.write_text(first.read_text().replace('"search"', '"seerch"', 1))
    elif flaw == "cut":
        first.write_text(first.read_text()[:-20])
    elif flaw == "swapped":
        first.write_text(second.read_text())
    else:
        first.unlink()
    with pytest.raises(RecordError, match=first.name) as told:
        again(books).trials()
    assert "to run the study again writes it anew" in str(told.value)
    mended = again(books)
    said = [each for each in mended.mend() if first.name in each]
    assert len(said) == 1
    assert ("kept as" in said[0]) == (flaw != "missing")
    assert [row.number for row in mended.trials()] == [n for n in range(21) if n not in lost]
    mended.write_trials(rows(21))
    assert again(books).trials() == rows(21)


def test_a_reader_meets_a_list_that_is_being_written(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.write_trials(rows(10))
    reader, real = again(books), Store.read

    def read(self: Store, path: str, *most: int) -> bytes | None:
        if "trials-" in path:
            monkeypatch.setattr(Store, "read", real)
            books.write_trials(rows(9, first=2))
        return real(self, path, *most)

    monkeypatch.setattr(Store, "read", read)
    assert reader.trials() == rows(9, first=2)


@pytest.mark.parametrize(
    "values",
    [
        {"schema": 2, "pieces": ["../../../x"], "trials": []},
        {"schema": 2, "pieces": 3, "trials": []},
        {"schema": 2, "pieces": ["0" * 64], "trials": []},
        {"schema": 2, "pieces": []},
    ],
)
def test_a_list_that_cannot_be_is_refused(books: Books, values: dict[str, Any]) -> None:
    books._files.write_json(f"{books.folder}/trials.json", values)
    with pytest.raises(RecordError, match="trials"):
        books.trials()
    assert again(books).mend()
    assert again(books).trials() == []


def test_a_newer_programs_list_is_refused(books: Books) -> None:
    books._files.write_json(f"{books.folder}/trials.json", {"schema": 3, "trials": []})
    with pytest.raises(NewerRecordError):
        books.trials()
    with pytest.raises(NewerRecordError):
        books.mend()


def test_pieces_of_the_very_trials_are_not_looked_into_again(books: Books) -> None:
    asked: list[int] = []

    class Planned:
        def __init__(self, row: TrialRow) -> None:
            self._row = row

        def to_row(self) -> TrialRow:
            asked.append(self._row.number)
            return self._row

    trials = [Planned(each) for each in rows(10)]
    books.write_trials(trials)
    asked.clear()
    books.write_trials(trials)
    assert asked == [each.number for each in rows(10)[8:]]
    trials[5] = Planned(rows(10)[5])
    books.write_trials(trials)
    assert again(books).trials() == rows(10)
