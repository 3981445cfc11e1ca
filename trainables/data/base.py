"""The contract of a data set: uint8 images in memory, a content hash, errors that help."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from trainables.settings import Component


class DataError(Exception):
    """Data that is missing, damaged or of the wrong shape; the message says what to do."""


class Split(NamedTuple):
    """One split, as arrays that Ray can share between processes without copying."""

    images: npt.NDArray[np.uint8]
    """(count, channels, height, width)."""
    labels: npt.NDArray[np.int64]
    """(count,), values in [0, classes)."""


@dataclass(frozen=True)
class ImageData:
    """A data set in memory: pixels stay uint8 until they are on the training device."""

    train: Split
    test: Split
    class_names: tuple[str, ...]
    scale: float = 1 / 255
    """Multiplies pixels after the mean image is subtracted."""

    def __post_init__(self) -> None:
        for name, split in (("train", self.train), ("test", self.test)):
            images, labels = split
            if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
                raise DataError(
                    f"{name} images must be a non-empty uint8 array of shape (count, channels, "
                    f"height, width), but got {images.dtype} of shape {images.shape}"
                )
            if labels.shape != (len(images),):
                raise DataError(
                    f"{name} must have one label per image, but got {len(images)} images and "
                    f"labels of shape {labels.shape}"
                )
            if labels.min() < 0 or labels.max() >= len(self.class_names):
                raise DataError(
                    f"{name} labels must lie in [0, {len(self.class_names)}), but got values "
                    f"in [{labels.min()}, {labels.max()}]"
                )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width

    @property
    def num_classes(self) -> int:
        """K."""
        return len(self.class_names)


@dataclass(frozen=True, kw_only=True)
class DatasetSettings(Component):
    """Settings of a data set; `load` reads it."""

    how_to_obtain: ClassVar[str] = ""
    """What a user without a network does to get the files."""
    horizontal_flip: ClassVar[bool] = False
    """Whether random flips are on by default for this set."""

    def load(self, data_root: Path | None) -> ImageData:
        """Read the whole set into memory.

        Raises:
            DataError: A file is missing, truncated or not what it should be.
        """
        raise NotImplementedError

    def content_hash(self, data_root: Path | None) -> str:
        """Return a hash of the files that `load` reads, without decoding them.

        Raises:
            DataError: A file is missing.
        """
        raise NotImplementedError


def hash_files(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' bytes, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def require_root(data_root: Path | None, name: str, how_to_obtain: str) -> Path:
    """Return the data root, or raise a `DataError` that says how to give one."""
    if data_root is None:
        raise DataError(
            f"data set {name!r} needs a data root: pass --data-root DIR or set INCAY_DATA. "
            f"{how_to_obtain}"
        )
    if not data_root.is_dir():
        raise DataError(
            f"the data root must be a directory, but {data_root} "
            f"{'is a file' if data_root.exists() else 'does not exist'}"
        )
    return data_root
