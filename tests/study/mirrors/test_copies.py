"""Which copies a study run has, and what is told where one cannot be written."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from incay.study.errors import HaltedError
from incay.study.mirrors.copies import KeptCopy, copies_of
from incay.study.mirrors.optuna_copy import STORAGE, OptunaCopy
from incay.trainables.store.problems import StoreError


@pytest.mark.parametrize(
    ("root", "named", "count"), [("here", None, 2), (None, None, 1), (None, "sqlite://", 2)]
)
def test_a_remote_store_has_a_copy_of_searches_where_one_is_named(monkeypatch, root, named, count):
    monkeypatch.delenv(STORAGE, raising=False)
    if named:
        monkeypatch.setenv(STORAGE, named)
    assert len(copies_of(SimpleNamespace(local_root=root), "small", "abc")) == count


def test_a_disk_that_takes_no_copy_is_told_with_a_remedy():
    def refuse() -> OptunaCopy:
        raise OSError(errno.EROFS, "Read-only file system", "results/optuna.copying")

    with pytest.raises(HaltedError, match=r"results/optuna.copying too, but: Read-only"):
        KeptCopy(refuse).sync()


def test_what_the_store_says_is_not_said_of_its_copies():
    def refuse() -> OptunaCopy:
        raise StoreError(errno.EIO, "Input/output error", "record.json")

    with pytest.raises(StoreError):
        KeptCopy(refuse).sync()
