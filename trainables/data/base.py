"""The contract of a data set: uint8 images in memory, a content hash, errors that help."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from incay.trainables.errors import UserError
from incay.trainables.settings import Component

READERS = 8
"""Threads that read files at the same time."""

FILES = "+"
"""Stands in a trial's data hash between that of its set and that of other files it reads."""

FeaturesOf = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""Maps images (count, channels, height, width), uint8, to features (count, D)."""


class DataError(UserError):
    """Data that is missing, damaged or of the wrong shape; the message says what to do."""


class Split(NamedTuple):
    """One split, as arrays that Ray can share between processes without copying."""

    images: npt.NDArray[np.uint8]
    """(count, channels, height, width)."""
    labels: npt.NDArray[np.int64]
    """(count,), values in [0, classes)."""


class VerificationResult(Protocol):
    """What a test by pairs found."""

    def metrics(self) -> dict[str, float]:
        """Return metrics of the test split, ``error`` (%) among them, by name."""
        ...

    def tables(self) -> dict[str, pa.Table]:
        """Return what to keep beside the trial's record, by name."""
        ...


class Verification(Protocol):
    """A test by pairs: are two images of one class? Its classes are not the training ones."""

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """The images that occur in pairs (count, channels, height, width)."""
        ...

    def evaluate(self, features_of: FeaturesOf) -> VerificationResult:
        """Test the features that `features_of` computes for images."""
        ...


@dataclass(frozen=True)
class ImageData:
    """A data set in memory: pixels stay uint8 until they are on the training device.

    Attributes:
        train: Images to train on, some of them perhaps to validate on.
        test: Images of the training classes to test on. None where the test is
            `verification`, which has other classes.
        class_names: Of the training classes.
        mean: What is subtracted from pixels: the training set's mean image, or a number.
        scale: Multiplies pixels after that.
        verification: The test by pairs, of a set that has one.
        skipped: Damaged or odd training and test images that were left out, as the set's
            settings allow.
        notes: What a user must know of how the files became this.
        background: Training images of another set, unknown samples that run beside these where
            a trial's incay form asks for them.
    """

    train: Split
    test: Split | None
    class_names: tuple[str, ...]
    mean: Literal["image"] | float = "image"
    scale: float = 1 / 255
    verification: Verification | None = None
    skipped: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()
    background: npt.NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        if (self.test is None) == (self.verification is None):
            raise DataError("a data set must have test images or a test by pairs, not both")
        for name, split in (("train", self.train), ("test", self.test)):
            if split is not None:
                self._check(name, split)
        if self.verification is not None:
            self._check_shape("the pairs'", self.verification.images)
        if self.background is not None:
            self._check_shape("the background's", self.background)

    def _check(self, name: str, split: Split) -> None:
        images, labels = split
        if images.ndim != 4 or images.dtype != np.uint8 or len(images) == 0:
            raise DataError(
                f"{name} images must be a non-empty uint8 array of shape (count, channels, "
                f"height, width), but got {images.dtype} of shape {images.shape}"
            )
        self._check_shape(name, images)
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

    def _check_shape(self, name: str, images: npt.NDArray[np.uint8]) -> None:
        if images.shape[1:] != self.image_shape:
            raise DataError(
                f"{name} images must have the training images' shape {self.image_shape}, but "
                f"have {images.shape[1:]}"
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
    published_counts: ClassVar[tuple[int, int] | None] = None
    """Training and test images of the published set, where it is one certain set."""

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

    def fetch(self, data_root: Path) -> None:
        """Download the set, where a network exists.

        Raises:
            DataError: It cannot be fetched; the message says how to obtain it.
        """
        del data_root
        raise DataError(f"data set {self.name!r} cannot be fetched. {self.how_to_obtain}")


def hash_files(paths: Iterable[Path], *, relative_to: Path | None = None) -> str:
    """Return the SHA-256 over the files' bytes, in the given order.

    Args:
        paths: The files.
        relative_to: Where given, the files' names below this folder count as well, for sets
            whose labels are names of folders.

    Raises:
        DataError: A file cannot be read.
    """
    paths = list(paths)
    return combined_hash(paths, digest_files(paths), relative_to=relative_to)


def digest_files(paths: Sequence[Path]) -> list[bytes]:
    """Return the SHA-256 of each file.

    Raises:
        DataError: A file cannot be read.
    """
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(_digest_of, paths))


def combined_hash(
    paths: Sequence[Path], digests: Sequence[bytes], *, relative_to: Path | None = None
) -> str:
    """Return the hash of a set of files from those of each; see `hash_files`."""
    digest = hashlib.sha256()
    for path, content in zip(paths, digests, strict=True):
        if relative_to is not None:
            digest.update(
                path.relative_to(relative_to).as_posix().encode(errors="surrogateescape") + b"\0"
            )
        digest.update(content)
    return digest.hexdigest()


def require_file(path: Path) -> None:
    """Raise a `DataError` if a path is there and is no regular file: to open a pipe never ends."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path} must be a regular file, but is a folder, a pipe or a device")


def _digest_of(path: Path) -> bytes:
    require_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path} must be a readable file, but: {error}") from error


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
