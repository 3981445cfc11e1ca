"""Whatever JSON stands in the place of a book: one message or success, and no number of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from arbitrary import VALUES, as_json, changed
from bounds import answered
from fuzzing import fixed, tried
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from incay.trainables.store.reading.door import CHECKSUM, signed

few = settings(  # to shrink what fails is for the long tests
    fixed, max_examples=2, phases=(Phase.explicit, Phase.generate)
)
BOOKS = (
    *("study.json", "trials.json", "freeze.json", "models.json", "lease.json", "latest.json"),
    *("record.json", "progress.json", "code", "out.csv.manifest.json"),
)
SECONDS = 20.0
"""Of the processor: a report draws every figure."""
COMMANDS = (
    ("status", "tiny"),
    ("table", "tiny"),
    ("why", "FINGERPRINT"),
    ("verify", "out.csv"),
    ("compare", "tiny", "tiny"),
    ("report", "tiny"),
)


@pytest.fixture(scope="module")
def store(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished study's results, in which books are replaced one after the other."""
    folder = tmp_path_factory.mktemp("books")
    shutil.copytree(finished / "results", folder / "results")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert answered_slowly("table", "tiny", "--output", "out.csv") == 0
        for command in commands(folder):
            assert answered_slowly(*command) == 0
        yield folder


def answered_slowly(*command: str) -> int:
    """Run a command for the first time, when it imports what it needs."""
    from in_process import incay

    return incay(*command).code


def trial_folder(folder: Path) -> Path:
    return sorted(folder.glob("results/trials/*/*/record.json"))[0].parent


def commands(folder: Path) -> list[tuple[str, ...]]:
    name = trial_folder(folder).name
    return [tuple(each.replace("FINGERPRINT", name) for each in one) for one in COMMANDS]


def found(folder: Path, book: str) -> Path:
    """Return where a book lies; one that is not there is put beside those that are."""
    books = next(folder.glob("results/studies/tiny/*/study.json")).parent
    if book == "code":
        return sorted((folder / "results/code").iterdir())[0]
    if book in ("record.json", "progress.json"):
        return trial_folder(folder) / book
    places = {"latest.json": books.parent, "out.csv.manifest.json": folder}
    return places.get(book, books) / book


@st.composite
def contents(draw: Callable[[Any], Any], whole: Any) -> bytes:
    """Return any JSON, or the book's own with other values, with a checksum that is right."""
    value = (
        draw(VALUES) if whole is None else draw(st.one_of(VALUES, changed(whole), changed(whole)))
    )
    if isinstance(value, dict) and draw(st.booleans()):
        value = signed({key: each for key, each in value.items() if key != CHECKSUM})
    return as_json(value)


def try_any(folder: Path, book: str, data: Any) -> None:
    path = found(folder, book)
    before = path.read_bytes() if path.exists() else None
    content = data.draw(contents(None if before is None else json.loads(before)))
    path.write_bytes(content)
    try:
        for command in commands(folder):
            answered(*command, seconds=SECONDS)
    finally:
        path.unlink()
        if before is not None:
            path.write_bytes(before)


@pytest.mark.parametrize("book", BOOKS)
@few
@given(data=st.data())
def test_any_json_in_place_of_a_book(book: str, store: Path, data: Any) -> None:
    try_any(store, book, data)


@pytest.mark.long
@pytest.mark.parametrize("book", BOOKS)
@tried(400, share=1 / len(BOOKS))
@given(data=st.data())
def test_much_json_in_place_of_a_book(book: str, store: Path, data: Any) -> None:
    try_any(store, book, data)
