"""Where a folder of the store should be there may be anything: one message names it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from incay.trainables.errors import UserError
from incay.trainables.store.books import Books
from incay.trainables.store.opening import open_store
from incay.trainables.store.places import trial_folder
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store

PLACES: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_bytes(b"x"),
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path.name),
}
NAME = "ab" + "0" * 18


@pytest.mark.parametrize("place", PLACES)
def test_what_is_in_a_folder_s_place_is_named(tmp_path: Path, place: str) -> None:
    store, books = Store(tmp_path), Books(Store(tmp_path), "study", "0" * 8)
    books.write_trials([])
    (tmp_path / trial_folder(NAME)).parent.mkdir(parents=True)
    for folder, read in (
        ("packs", lambda: store.find_records([NAME])),
        ("packs", store.mend_packs),
        (f"{books.folder}/arms", books.trials),
        (f"{books.folder}/arms", books.mend),
        (trial_folder(NAME), lambda: store.read_record(NAME)),
    ):
        PLACES[place](tmp_path / folder)
        with pytest.raises(RecordError, match=f"{folder}.* must be a (folder|file), but: "):
            read()
        (tmp_path / folder).unlink()


def test_results_are_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    for place, says in ((tmp_path / "pipe", "no folder"), ("/dev/null", "no folder")):
        with pytest.raises(UserError, match=f"--results must be a directory.*that is {says}"):
            open_store(place)
    with pytest.raises(UserError, match="that is a file"):
        open_store(tmp_path / "file")
    open_store(tmp_path / "new")
