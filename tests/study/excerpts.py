"""A data root with a small part of the real sets, or generated files where there are none."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import pyarrow.parquet as pq

from incay.trainables.data.idx import FILES, read_idx
from tests.trainables.data.data_cases import CASES

REAL = Path(os.environ.get("INCAY_DATA") or Path(__file__).parents[3] / "shared" / "data")
TRAIN, TEST = 256, 64
"""Images that are kept of a set's splits."""


def write_excerpts(root: Path) -> None:
    """Write MNIST, CIFAR-10 and ORL faces below `root`."""
    for name, (needed, write) in _WRITERS.items():
        if (REAL / needed).is_file():
            write(root)
        else:
            CASES[name].write(root)


def _mnist(root: Path) -> None:
    folder = root / "mnist" / "raw"
    folder.mkdir(parents=True)
    for name in FILES:
        count = TRAIN if "train" in name else TEST
        kept = read_idx(REAL / "mnist" / "raw" / f"{name}.gz")[:count]
        header = struct.pack(f">BBBB{kept.ndim}I", 0, 0, 8, kept.ndim, *kept.shape)
        (folder / f"{name}.gz").write_bytes(gzip.compress(header + kept.tobytes()))


def _cifar10(root: Path) -> None:
    (root / "cifar10").mkdir()
    for split, count in (("train", TRAIN), ("test", TEST)):
        name = f"{split}-00000-of-00001.parquet"
        rows = next(pq.ParquetFile(REAL / "cifar10" / name).iter_batches(count))
        with pq.ParquetWriter(root / "cifar10" / name, rows.schema) as writer:
            writer.write_batch(rows)


def _orl_faces(root: Path) -> None:
    """The whole set: it is small as it is."""
    (root / "orl_faces").symlink_to((REAL / "orl_faces").resolve(), target_is_directory=True)


_WRITERS = {
    "mnist": ("mnist/raw/t10k-labels-idx1-ubyte.gz", _mnist),
    "cifar10": ("cifar10/train-00000-of-00001.parquet", _cifar10),
    "orl_faces": ("orl_faces/pairs.txt", _orl_faces),
}
