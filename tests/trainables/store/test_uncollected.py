"""Garbage collection is put off for a while, and comes back as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from incay.trainables.store.reading.uncollected import nothing_collected


class Circle:
    """An object that keeps itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    gc.unfreeze()
    (gc.enable if was_enabled else gc.disable)()


def test_it_comes_back_and_frees_what_was_made_meanwhile() -> None:
    with nothing_collected():
        assert not gc.isenabled()
        made = weakref.ref(Circle())
    assert gc.isenabled()
    gc.collect()
    assert made() is None


@nothing_collected()
def _broken_off() -> None:
    raise ValueError("broken off")


def test_it_comes_back_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken off"):
        _broken_off()
    assert gc.isenabled()


def test_it_stays_off_where_somebody_put_it_off() -> None:
    gc.disable()
    with nothing_collected():
        pass
    assert not gc.isenabled()


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with nothing_collected():
        pass
    assert 0 < gc.get_freeze_count() <= frozen
