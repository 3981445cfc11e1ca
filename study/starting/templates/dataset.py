"""A data set of your own: uint8 images in memory, and a hash of what they are read from.

A study uses it by `uses: [mine.py]` and `dataset: mine`.
Test it with `python -m pytest test_mine.py`.

This one makes its images itself, so that it runs as it is. To read files in their place, begin
`load` and `content_hash` with

    root = require_root(data_root, self.name, self.how_to_obtain)  # what --data-root names

return `hash_files([root / "images.npz"])` from `content_hash`, and raise a `DataError` that names
the file where one is damaged. Both functions come from `incay.components`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from incay.components import DatasetSettings, ImageData, Split, register_dataset, require


@register_dataset("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(DatasetSettings):
    """Stripes in four directions under noise, 28×28: write what your images are here."""

    # A setting of a study file, with its default.
    train_images: int = 400

    citation = "where it comes from"
    how_to_obtain = "It is computed and needs no file."

    def __post_init__(self) -> None:
        require(self.train_images >= 8, "train_images >= 8", self.train_images)

    def load(self, data_root: Path | None) -> ImageData:
        """Read both splits; they must be the same each time."""
        return ImageData(
            train=_stripes(self.train_images, seed=0),
            test=_stripes(200, seed=1),
            class_names=("horizontal", "vertical", "rising", "falling"),
            # mean="image" (the default) subtracts the training images' mean, scale=1/255 follows.
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return a text that changes with the content: results are found again by it."""
        data = self.load(data_root)
        assert data.test is not None
        parts = (*data.train, *data.test)
        return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def _stripes(count: int, seed: int) -> Split:
    """Return images (count, 1, 28, 28), uint8, and labels (count,), int64, from 0."""
    draw = np.random.default_rng(seed)  # never NumPy's global state
    labels = np.arange(count, dtype=np.int64) % 4
    row, column = np.mgrid[:28, :28]
    position = np.stack([row, column, row + column, row - column])[labels]
    shift = draw.uniform(0.0, 6.0, (count, 1, 1))
    waves = 128 + 60 * np.sin(position + shift) + draw.normal(0.0, 40.0, position.shape)
    return Split(waves.clip(0, 255).astype(np.uint8)[:, None], labels)
