"""What every data set must keep: see `incay.trainables.data.base.DatasetSettings`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from incay.trainables.conformance.claims import claim
from incay.trainables.conformance.small_trials import small_config, trained
from incay.trainables.data.base import DataError, DatasetSettings, ImageData, Split
from incay.trainables.scratch import scratch

_MOST_FILES = 20
"""Files that are changed one by one."""
_MOST_BYTES = 64 * 2**20
"""Of a data root that is copied, so that its files may be changed."""


def check_dataset(settings: DatasetSettings, data_root: Path | None = None) -> None:
    """Check what every data set must keep.

    That is: arrays of the right kind; the same content, hash and names when it is loaded again;
    without a data root that it needs, or with an empty one, a `DataError` that helps; a hash that
    changes with every file that `load` reads, and not with the place where they lie; a few steps
    of training.

    Args:
        settings: The data set.
        data_root: A small root with its files; they are copied, and the copy is changed.

    Raises:
        AssertionError: Something does not hold.
        DataError: The data set cannot be loaded.
    """
    what = f"data set {settings.name!r}"
    data, again = settings.load(data_root), settings.load(data_root)
    for loaded in (data, again):
        claim(isinstance(loaded, ImageData), f"{what}: load must return ImageData", type(loaded))
    claim(_equal(data, again), f"{what}: loading again must give the same", "something else")
    for array in _arrays(data):
        claim(array.dtype in (np.uint8, np.int64), f"{what}: uint8 and int64", array.dtype)
    claim(data.num_classes >= 2, f"{what}: there must be two classes or more", data.num_classes)
    hashes = [settings.content_hash(data_root) for _ in range(2)]
    claim(
        bool(hashes[0]) and hashes[0] == hashes[1] and isinstance(hashes[0], str),
        f"{what}: content_hash must be the same text each time",
        hashes,
    )
    with scratch("check") as folder:
        if data_root is None:
            moved = settings.content_hash(folder)
            claim(moved == hashes[0], f"{what}: a set without files needs no root", moved)
        else:
            _claim_helpful(what, settings, folder)
            _claim_hash_covers(what, settings, data_root, folder / "root", data)
    few = ImageData(
        train=_few(data.train),
        test=None if data.test is None else _few(data.test),
        class_names=data.class_names,
        mean=data.mean,
        scale=data.scale,
        verification=data.verification,
    )
    height, width = data.image_shape[1:]
    if min(height, width) >= 16:  # what the small network takes
        trained(what, small_config(dataset=settings, batch_size=2), few)


def _claim_helpful(what: str, settings: DatasetSettings, empty: Path) -> None:
    """Claim that missing files, and no data root at all, are a `DataError` with a message."""
    for root in (None, empty):
        for ask in (settings.load, settings.content_hash):
            try:
                ask(root)
            except DataError as error:
                claim(bool(str(error)), f"{what}: a DataError must say what to do", "nothing")
            except Exception as error:
                must_hold = f"{what}: {ask.__name__} without its files must raise a DataError"
                claim(False, must_hold, f"{type(error).__name__}: {error}")
            else:
                must_hold = f"{what}: {ask.__name__} without its files must raise a DataError"
                claim(False, must_hold, "an answer")


def _claim_hash_covers(
    what: str, settings: DatasetSettings, root: Path, copy: Path, data: ImageData
) -> None:
    """Claim that the hash changes with every file that decides what is loaded."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    claim(
        size <= _MOST_BYTES,
        f"{what}: the data root of a test must hold at most {_MOST_BYTES // 2**20} MiB",
        f"{size / 2**20:.0f} MiB",
    )
    shutil.copytree(root, copy)
    known = settings.content_hash(copy)
    claim(
        known == settings.content_hash(root),
        f"{what}: content_hash must not depend on where the files lie",
        "another in a copy",
    )
    paths = sorted(path for path in copy.rglob("*") if path.is_file())
    for path in paths[:: max(1, len(paths) // _MOST_FILES)]:
        original = path.read_bytes()
        for changed in (original + b"\n", _flipped(original)):
            path.write_bytes(changed)
            told = f"{what}: content_hash must change with {path.relative_to(copy)}"
            if _hash(settings, copy) == known and not _loads(settings, copy, data):
                claim(False, told, "the same hash, while load gives something else")
        path.write_bytes(original)


def _hash(settings: DatasetSettings, root: Path) -> str:
    try:
        return settings.content_hash(root)
    except DataError:
        return ""  # refused: nothing is trained on it


def _loads(settings: DatasetSettings, root: Path, expected: ImageData) -> bool:
    """Return whether loading gives what it gave before."""
    try:
        return _equal(settings.load(root), expected)
    except Exception:
        return False


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return (
        content[:middle]
        + bytes(255 - each for each in content[middle : middle + 1])
        + (content[middle + 1 :])
    )


def _arrays(data: ImageData) -> list[np.ndarray]:
    found: list[np.ndarray] = [*data.train, *(data.test or ())]
    return found if data.verification is None else [*found, data.verification.images]


def _equal(one: ImageData, other: ImageData) -> bool:
    ours, theirs = _arrays(one), _arrays(other)
    return (
        one.class_names == other.class_names
        and (one.mean, one.scale) == (other.mean, other.scale)
        and len(ours) == len(theirs)
        and all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    )


def _few(split: Split) -> Split:
    return Split(split.images[:24], split.labels[:24])
