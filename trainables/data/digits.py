"""The 1,797 real 8×8 digits that scikit-learn ships: a data set that needs no file."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incay.trainables.data import register_dataset
from incay.trainables.data.base import DatasetSettings, ImageData, Split


@register_dataset("digits")
@dataclass(frozen=True, kw_only=True)
class DigitsSettings(DatasetSettings):
    """Handwritten digits at 28×28: each pixel becomes 3×3, with a border of 2.

    The first 1,437 images train and the last 360 test: the set's own order separates
    writers, so the split is not random.
    """

    citation = "UCI Optical Recognition of Handwritten Digits, as shipped by scikit-learn"
    how_to_obtain = "It is part of scikit-learn and needs no file."

    def load(self, data_root: Path | None) -> ImageData:
        """Return 1,437 training and 360 test images; `data_root` is not used."""
        del data_root
        images, labels = _arrays()
        return ImageData(
            train=Split(images[:1437], labels[:1437]),
            test=Split(images[1437:], labels[1437:]),
            class_names=tuple(str(digit) for digit in range(10)),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the pixels and labels."""
        del data_root
        images, labels = _arrays()
        return hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()


def _arrays() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    table = _table()
    small = table[:, :-1].reshape(-1, 8, 8)
    pixels = np.rint(small * (255 / 16)).astype(np.uint8)  # (count, 8, 8), from 0..16
    large = pixels.repeat(3, axis=1).repeat(3, axis=2)
    padded = np.pad(large, ((0, 0), (2, 2), (2, 2)))
    return padded[:, None], table[:, -1].astype(np.int64)


def _table() -> npt.NDArray[np.float64]:
    """Return a row per image: its 64 pixels and its label."""
    for folder in sys.path:  # read where it lies: to import scikit-learn costs a second
        file = Path(folder, "sklearn", "datasets", "data", "digits.csv.gz")
        if file.is_file():
            return np.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return np.column_stack([pixels, labels])
