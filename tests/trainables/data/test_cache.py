"""The cache of decoded images: fast, never stale, safe to delete and to damage."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from incay.trainables.data import datasets
from incay.trainables.data.images.cache import Arrays, cache_folder, cached

CIFAR10 = datasets["cifar10"]()


class Maker:
    """Makes arrays and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Arrays:
        self.calls += 1
        return {
            "images": np.arange(12, dtype=np.uint8).reshape(3, 4),
            "names": np.array(["ä", "b"]),
        }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "incay" / "decoded"


def same(a: Arrays, b: Arrays) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_makes_once_and_maps_from_disk(folder: Path) -> None:
    make = Maker()
    first, second = cached(CIFAR10, "hash", make), cached(CIFAR10, "hash", make)
    assert make.calls == 1
    assert same(first, make())
    assert same(second, first)
    assert type(second["images"]) is np.ndarray
    assert not second["images"].flags.writeable
    assert [path.name.split("-")[0] for path in folder.iterdir()] == ["cifar10"]


def test_key_is_settings_and_content() -> None:
    make = Maker()
    parquet = datasets["parquet"]
    for dataset, content in (
        (CIFAR10, "hash"),
        (CIFAR10, "other hash"),
        (datasets["cifar100"](), "hash"),
        (parquet(), "hash"),
        (parquet(size=(4, 4)), "hash"),  # type: ignore[call-arg]
    ):
        calls = make.calls
        cached(dataset, content, make)
        cached(dataset, content, make)
        assert make.calls == calls + 1


def test_deleting_costs_one_more_making(folder: Path) -> None:
    make = Maker()
    kept = cached(CIFAR10, "hash", make)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert same(kept, make())  # what is mapped outlives its file
    cached(CIFAR10, "hash", make)
    assert make.calls == 3


@pytest.mark.parametrize("victim", ["images.npy", "names.npy", "checksums.json"])
@pytest.mark.parametrize("how", ["cut", "changed", "empty", "gone"])
def test_damage_is_noticed_and_mended(
    folder: Path, victim: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    make = Maker()
    cached(CIFAR10, "hash", make)
    (path,) = folder.rglob(victim)
    content = path.read_bytes()
    path.unlink()
    if how == "cut":
        path.write_bytes(content[:-3])
    elif how == "changed":
        path.write_bytes(content[:-3] + b"\x07" + content[-2:])
    elif how == "empty":
        path.touch()
    with caplog.at_level(logging.WARNING):
        found = cached(CIFAR10, "hash", make)
    assert make.calls == 2
    assert same(found, make())
    assert "the cache is damaged" in caplog.text
    cached(CIFAR10, "hash", make)
    assert make.calls == 3  # of which one is this test's own


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    make = Maker()
    with caplog.at_level(logging.WARNING):
        found = cached(CIFAR10, "hash", make)
    assert same(found, make())
    assert "are not kept" in caplog.text


def test_a_failure_while_making_leaves_nothing(folder: Path) -> None:
    def fail() -> Arrays:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cached(CIFAR10, "hash", fail)
    assert not folder.exists()


def test_several_at_once_leave_one_whole_entry(folder: Path) -> None:
    barrier, found = threading.Barrier(4), []

    def make() -> Arrays:
        barrier.wait(timeout=10)
        return {"images": np.arange(1000)}

    threads = [
        threading.Thread(target=lambda: found.append(cached(CIFAR10, "hash", make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(arrays["images"], np.arange(1000)) for arrays in found)
    assert len(list(folder.iterdir())) == 1


def test_the_home_folder_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder() == tmp_path / ".cache" / "incay" / "decoded"
