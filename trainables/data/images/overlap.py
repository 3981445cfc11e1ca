"""Whether the test images are other images than the training images."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import shown


def require_other_files(
    train: Sequence[Path], test: Sequence[Path], digests: Sequence[bytes]
) -> None:
    """Refuse a test split all of whose files are training files, under whatever names.

    Args:
        train: The training files.
        test: The test files.
        digests: Of the training files, then of the test files.

    Raises:
        DataError: They are.
    """
    train_digests, test_digests = digests[: len(train)], digests[len(train) :]
    if test and set(test_digests) <= set(train_digests):
        twin = train[train_digests.index(test_digests[0])]
        why = "" if twin == test[0] else f", as {shown(test[0])} holds what {shown(twin)} holds"
        raise DataError(
            "the test split must hold other images than the training split, but every file of it "
            f"is a training file too{why or f': {shown(twin.parent)} is in both'}"
        )


def require_distinct(paths: Sequence[Path], digests: Sequence[bytes]) -> None:
    """Refuse one file of rows twice, as a browser's copy of it.

    Raises:
        DataError: Two files hold the same.
    """
    first: dict[bytes, Path] = {}
    for path, digest in zip(paths, digests, strict=True):
        if digest in first:
            raise DataError(
                f"every file must hold other images, but {shown(path)} holds what "
                f"{shown(first[digest])} holds"
            )
        first[digest] = path


def compare_images(
    train: npt.NDArray[np.uint8], test: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]
) -> list[str]:
    """Return in words how many images occur twice.

    Args:
        train: Training images.
        test: Test images.
        labels: Of the training images.

    Raises:
        DataError: Every test image is a training image.
    """
    train_digests, test_digests = _digests(train), _digests(test)
    known = set(train_digests)
    shared = sum(digest in known for digest in test_digests)
    if shared == len(test_digests) > 0:
        raise DataError(
            "the test split must hold other images than the training split, but each of its "
            f"{shared:,} images is a training image"
        )
    notes = []
    if shared:
        notes.append(f"{shared:,} of {len(test):,} test images are training images too")
    again = len(train_digests) - len(known)
    if again:
        kinds = Counter(digest for digest, _ in set(zip(train_digests, labels, strict=True)))
        unclear = sum(count > 1 for count in kinds.values())
        classes = f"; {unclear:,} images lie in more than one class" if unclear else ""
        notes.append(f"{again:,} training images equal another one{classes}")
    return notes


def _digests(images: Iterable[npt.NDArray[np.uint8]]) -> list[bytes]:
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]
