"""Sets whose files hold pixels: IDX, MATLAB's format, raw bytes and LIBSVM's text."""

from __future__ import annotations

import bz2
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incay.trainables.data.base import DataError
from incay.trainables.data.idx import read_idx
from incay.trainables.data.published.layouts import ArraySplit, Read

DIGITS = tuple(str(digit) for digit in range(10))
KUZUSHIJI = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
OBJECTS = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
"""Of STL-10, in the order of its class_names.txt."""


def idx(train: str, test: str, names: tuple[str, ...] | None, *, lying: bool = False) -> Read:
    """Return a reader of IDX files.

    Args:
        train: The beginning of the training split's files, below the data root.
        test: The same of the test split.
        names: Of the classes.
        lying: Whether images are stored column by column, as EMNIST's are; they are set upright.
    """

    def read(root: Path, training: bool) -> ArraySplit:
        begin = root / (train if training else test)
        images = read_idx(begin.with_name(f"{begin.name}-images-idx3-ubyte"))
        labels = read_idx(begin.with_name(f"{begin.name}-labels-idx1-ubyte"))
        if images.ndim != 3:
            raise DataError(
                f"{begin}-images-idx3-ubyte must hold images, but has {images.ndim} axes"
            )
        upright = images.transpose(0, 2, 1) if lying else images
        return _split(upright[:, None], labels, names, begin)

    return read


def svhn(root: Path, training: bool) -> ArraySplit:
    """Read SVHN's cropped digits; the label 10 stands for the digit 0."""
    path = root / f"{'train' if training else 'test'}_32x32.mat"
    arrays = read_mat(path, ("X", "y"))
    pixels, labels = arrays["X"], arrays["y"].reshape(-1)
    if pixels.ndim != 4:
        raise DataError(f"{path} must hold images in X, but that has {pixels.ndim} axes")
    return _split(pixels.transpose(3, 2, 0, 1), np.where(labels == 10, 0, labels), DIGITS, path)


def stl10(root: Path, training: bool) -> ArraySplit:
    """Read STL-10: images of 96×96 column by column, labels from 1."""
    name = "train" if training else "test"
    folder = root / "stl10_binary"
    pixels, labels = (_bytes(folder / f"{name}_{part}.bin") for part in ("X", "y"))
    size = 3 * 96 * 96
    if not len(pixels) or len(pixels) % size:
        raise DataError(
            f"{folder / f'{name}_X.bin'} must hold whole images of {size:,} bytes, but holds "
            f"{len(pixels):,} bytes: it is truncated or another file"
        )
    images = pixels.reshape(-1, 3, 96, 96).transpose(0, 1, 3, 2)
    return _split(images, labels.astype(np.int64) - 1, OBJECTS, folder / f"{name}_y.bin")


def usps(root: Path, training: bool) -> ArraySplit:
    """Read USPS: lines of a label from 1 and 256 numbers in [-1, 1]."""
    path = root / ("usps.bz2" if training else "usps.t.bz2")
    try:
        with bz2.open(path, "rt", encoding="ascii") as file:
            lines = [line.split() for line in file]
        numbers = np.array([[pair.partition(":")[2] for pair in line[1:]] for line in lines], float)
        labels = np.array([int(line[0]) for line in lines]) - 1
        pixels = np.rint((numbers.reshape(-1, 1, 16, 16) + 1) / 2 * 255)
    except (OSError, ValueError, EOFError, IndexError) as error:
        raise DataError(f"{path} must hold digits in LIBSVM's format, but: {error}") from error
    return _split(pixels.clip(0, 255).astype(np.uint8), labels, DIGITS, path)


def read_mat(path: Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[np.generic]]:
    """Return arrays of a file in MATLAB's format.

    Raises:
        DataError: It cannot be read or lacks one of them.
    """
    from scipy.io import loadmat  # imported here: it costs a second

    try:
        found = loadmat(path, variable_names=list(names))
    except Exception as error:  # damaged files raise of many kinds
        said = str(error) or type(error).__name__
        raise DataError(f"{path} must be a whole file in MATLAB's format, but: {said}") from error
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(f"{path} must hold {' and '.join(names)}, but lacks {missing[0]}")
    return {name: np.asarray(found[name]) for name in names}


def _bytes(path: Path) -> npt.NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path} must be a readable file, but: {error}") from error


def _split(
    images: npt.NDArray[np.generic],
    labels: npt.NDArray[np.generic],
    names: tuple[str, ...] | None,
    path: Path,
) -> ArraySplit:
    if not len(images) or len(images) != len(labels):
        raise DataError(
            f"{path} must hold one label for each image, but there are {len(labels):,} labels and "
            f"{len(images):,} images"
        )
    if images.dtype != np.uint8:
        raise DataError(f"{path} must hold pixels of 8 bits, but holds {images.dtype}")
    return ArraySplit(np.ascontiguousarray(images, np.uint8), labels.astype(np.int64), names)
