"""MNIST and Fashion-MNIST: IDX files, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from incay.trainables.data import register_dataset
from incay.trainables.data.base import (
    DataError,
    DatasetSettings,
    ImageData,
    Split,
    combined_hash,
    digest_files,
    require_root,
)
from incay.trainables.data.images.damage import Problem, refuse
from incay.trainables.data.images.overlap import require_other_files

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True, kw_only=True)
class IDXSettings(DatasetSettings):
    """A data set of four IDX files.

    They are looked for, with or without ``.gz``, in ``FOLDER/raw`` (torchvision's layout)
    and ``FOLDER`` under the data root.
    """

    published_counts = (60_000, 10_000)

    folders: ClassVar[tuple[str, ...]]
    class_names: ClassVar[tuple[str, ...]]
    torchvision_class: ClassVar[str]

    def load(self, data_root: Path | None) -> ImageData:
        """Read the four files."""
        paths = self.paths(data_root)
        self._require_apart(paths, digest_files(paths))
        train_images, train_labels, test_images, test_labels = _read_all(paths)
        return ImageData(
            train=Split(train_images[:, None], train_labels.astype(np.int64)),
            test=Split(test_images[:, None], test_labels.astype(np.int64)),
            class_names=self.class_names,
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the four files as they lie on disk."""
        paths = self.paths(data_root)
        digests = digest_files(paths)
        self._require_apart(paths, digests)
        return combined_hash(paths, digests)

    def paths(self, data_root: Path | None) -> list[Path]:
        """Return where the four files lie.

        Raises:
            DataError: There is no data root, or a file is not in it.
        """
        root = require_root(data_root, self.name, self.how_to_obtain)
        tried = [root / folder / sub for folder in self.folders for sub in ("raw", ".")]
        for folder in tried:
            found = [_existing(folder / name) for name in FILES]
            if all(found):
                return [path for path in found if path is not None]
        raise DataError(
            f"data set {self.name!r} must have {FILES[0]}[.gz] and the three files beside it in "
            f"one of {', '.join(str(folder) for folder in tried)}, but they are in none. "
            f"{self.how_to_obtain}"
        )

    @staticmethod
    def _require_apart(paths: list[Path], digests: list[bytes]) -> None:
        require_other_files(paths[:1], paths[2:3], [digests[0], digests[2]])

    def fetch(self, data_root: Path) -> None:
        """Download the set through torchvision, where a network exists."""
        import torchvision

        cls: Any = getattr(torchvision.datasets, self.torchvision_class)
        try:
            cls(str(data_root), download=True)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"a mirror of {self.name!r} must be reachable, but: {error}. {self.how_to_obtain}"
            ) from error


@register_dataset("mnist")
@dataclass(frozen=True, kw_only=True)
class MNISTSettings(IDXSettings):
    """MNIST: 60,000 training and 10,000 test images of 28×28, 10 digits."""

    folders = ("mnist", "MNIST")
    class_names = tuple(str(digit) for digit in range(10))
    torchvision_class = "MNIST"
    citation = "LeCun et al., Gradient-based learning applied to document recognition, 1998"
    how_to_obtain = "Put MNIST's four IDX files (gzip or not) into DIR/mnist/raw."


@register_dataset("fashion_mnist")
@dataclass(frozen=True, kw_only=True)
class FashionMNISTSettings(IDXSettings):
    """Fashion-MNIST: MNIST's shape and format, 10 kinds of clothing."""

    folders = ("fashion_mnist", "fashion-mnist", "FashionMNIST")
    class_names = (
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    )
    torchvision_class = "FashionMNIST"
    citation = "Xiao et al., Fashion-MNIST, 2017"
    how_to_obtain = (
        "Put Fashion-MNIST's four IDX files into DIR/fashion_mnist/raw "
        "(Debian: apt-get install dataset-fashion-mnist, then --data-root /usr/share/datasets)."
    )


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    """Return the array of unsigned bytes that an IDX file holds.

    Raises:
        DataError: The file is not IDX, holds other values than bytes, or is truncated.
    """
    try:
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} must be a readable IDX file, but: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != 0x08:
        raise DataError(
            f"{path} must begin with the IDX magic number for unsigned bytes (00 00 08), "
            f"but begins with {content[:4].hex(' ') or 'nothing'}"
        )
    header = 4 + 4 * content[3]
    if len(content) < header:
        raise DataError(
            f"{path} must have a header of {header} bytes, but ends after {len(content)}"
        )
    shape = struct.unpack(f">{content[3]}I", content[4:header])
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise DataError(
            f"{path} must hold {expected} bytes for the shape {shape} in its header, but holds "
            f"{len(content)}: it is {'truncated' if len(content) < expected else 'too long'}"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read_all(paths: Iterable[Path]) -> list[npt.NDArray[np.uint8]]:
    """Read files to the end, so that all damaged ones are named at once."""
    arrays, problems = [], []
    for path in paths:
        try:
            arrays.append(read_idx(path))
        except DataError as error:
            problems.append(Problem(str(error), skippable=False))
    refuse(problems)
    return arrays


def _existing(path: Path) -> Path | None:
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None
