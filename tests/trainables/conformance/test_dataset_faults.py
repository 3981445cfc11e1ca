"""Data sets with one fault each: the check names it, and passes the same one without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from incay.components import (
    DatasetSettings,
    ImageData,
    Split,
    hash_files,
    require_root,
)
from incay.testing import check_dataset

torch.set_num_threads(1)


@dataclass(frozen=True, kw_only=True)
class OneSet(DatasetSettings):
    """Two files of pixels; one of them is left out of the hash, if told so."""

    hashed: tuple[str, ...] = ("images.bin", "more.bin")
    fault: str = ""
    name = "one"

    def load(self, data_root: Path | None) -> ImageData:
        if self.fault == "no message":
            assert data_root is not None
        root = require_root(data_root, self.name, "Write it.")
        hash_files([root / "images.bin", root / "more.bin"])
        pixels = b"".join((root / name).read_bytes() for name in ("images.bin", "more.bin"))
        images = np.frombuffer(pixels, np.uint8)[: 8 * 256].reshape(8, 1, 16, 16).copy()
        if self.fault == "noise":
            images[0] = np.random.default_rng().integers(0, 256, (1, 16, 16))
        labels = np.arange(8, dtype=np.int64) % 2
        split = Split(images, labels)
        return ImageData(train=split, test=split, class_names=("a", "b"))

    def content_hash(self, data_root: Path | None) -> str:
        root = require_root(data_root, self.name, "Write it.")
        if self.fault == "the place":
            return hash_files([root / "images.bin"]) + str(root)
        return hash_files([root / name for name in self.hashed])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for name in ("images.bin", "more.bin"):
        (tmp_path / name).write_bytes(draw.integers(0, 256, 4 * 256, dtype=np.uint8).tobytes())
    (tmp_path / "notes.txt").write_text("read by nobody")
    return tmp_path


def test_a_sound_data_set_passes(root: Path) -> None:
    check_dataset(OneSet(), root)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"hashed": ("images.bin",)}, "content_hash must change with more.bin"),
        ({"fault": "noise"}, "loading again must give the same"),
        ({"fault": "the place"}, "must not depend on where the files lie"),
        ({"fault": "no message"}, "load without its files must raise a DataError, but got Assert"),
    ],
)
def test_a_fault_of_a_data_set_is_told(settings: dict[str, Any], told: str, root: Path) -> None:
    with pytest.raises(AssertionError, match=f"data set 'one'.*{told}"):
        check_dataset(OneSet(**settings), root)
