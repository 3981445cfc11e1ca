"""Which copies a study run has: searches of a remote store need a database of their own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from incay.study.mirrors.copies import copies_of
from incay.study.mirrors.optuna_copy import STORAGE


@pytest.mark.parametrize(
    ("root", "named", "count"), [("here", None, 2), (None, None, 1), (None, "sqlite://", 2)]
)
def test_a_remote_store_has_a_copy_of_searches_where_one_is_named(monkeypatch, root, named, count):
    monkeypatch.delenv(STORAGE, raising=False)
    if named:
        monkeypatch.setenv(STORAGE, named)
    assert len(copies_of(SimpleNamespace(local_root=root), "small", "abc")) == count
