"""What CIFAR-10 and CIFAR-100 share: Parquet files, or the authors' binary version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

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
from incay.trainables.data.images.decode import PixelFormat
from incay.trainables.data.images.encoded import EncodedSplit, load_decoded
from incay.trainables.data.images.hf_parquet import ParquetColumns, read_split
from incay.trainables.data.images.overlap import require_distinct
from incay.trainables.data.images.shards import find_shards

IMAGE_BYTES = 3 * 32 * 32
URL = "https://www.cs.toronto.edu/~kriz"


@dataclass(frozen=True, kw_only=True)
class CIFARSettings(DatasetSettings):
    """50,000 training and 10,000 test images of 32×32, in colour.

    Under the data root are either Parquet files in the Hugging Face layout, or the binary
    version of the set's authors. The version that torchvision reads is not: it consists of
    pickles, which run code when they are opened.
    """

    horizontal_flip = True
    published_counts = (50_000, 10_000)
    citation = "Krizhevsky, Learning multiple layers of features from tiny images, 2009"

    folders: ClassVar[tuple[str, ...]]
    """Of Parquet files, below the data root."""
    label_column: ClassVar[str]
    binary_folder: ClassVar[str]
    """That the archive of the binary version unpacks to."""
    binary_files: ClassVar[tuple[tuple[str, ...], tuple[str, ...]]]
    """Of the training and the test split."""
    label_bytes: ClassVar[int]
    """Before each image of the binary version; the last one is the label."""
    archive: ClassVar[tuple[str, str]]
    """Name and MD5 of the archive of the binary version."""
    class_names: ClassVar[tuple[str, ...]]

    def load(self, data_root: Path | None) -> ImageData:
        """Read both splits."""
        train, test = self.paths(data_root)
        content_hash = self.content_hash(data_root)
        if train[0].suffix == ".bin":
            return ImageData(
                train=self._read_binary(train),
                test=self._read_binary(test),
                class_names=self.class_names,
            )
        return load_decoded(
            self,
            content_hash,
            PixelFormat(size=None),
            lambda: (self._read_parquet(train), self._read_parquet(test)),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the files as they lie on disk."""
        train, test = self.paths(data_root)
        paths = [*train, *test]
        digests = digest_files(paths)
        require_distinct(paths, digests)
        return combined_hash(paths, digests)

    def fetch(self, data_root: Path) -> None:
        """Download and unpack the binary version."""
        from torchvision.datasets.utils import download_and_extract_archive

        name, md5 = self.archive
        try:
            download_and_extract_archive(
                f"{URL}/{name}", str(data_root / self.folders[0]), md5=md5, remove_finished=True
            )
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"{URL}/{name} must be reachable, but: {error}. {self.how_to_obtain}"
            ) from error

    def paths(self, data_root: Path | None) -> tuple[list[Path], list[Path]]:
        """Return the files of the training and the test split.

        Raises:
            DataError: There is no data root, or neither version is in it.
        """
        root = require_root(data_root, self.name, self.how_to_obtain)
        parquet = [root / folder for folder in self.folders]
        train, test = find_shards(parquet, "train"), find_shards(parquet, "test")
        if train and test:
            return train, test
        for parent in (*parquet, root):
            folder = parent / self.binary_folder
            train, test = ([folder / name for name in names] for names in self.binary_files)
            if all(path.is_file() for path in (*train, *test)):
                return train, test
        raise DataError(
            f"data set {self.name!r} must have train-*.parquet and test-*.parquet in one of "
            f"{', '.join(str(folder) for folder in parquet)}, or {self.binary_folder} in one "
            f"of them or in {root}, but has neither. {self.how_to_obtain}"
        )

    def _read_parquet(self, paths: Sequence[Path]) -> EncodedSplit:
        split = read_split(paths, ParquetColumns(label=self.label_column))
        return replace(split, class_names=self.class_names)

    def _read_binary(self, paths: Sequence[Path]) -> Split:
        record = self.label_bytes + IMAGE_BYTES
        parts, problems = [], []
        for path in paths:
            content = np.fromfile(path, np.uint8)
            if len(content) == 0 or len(content) % record:
                text = (
                    f"{path} must hold whole records of {record} bytes, but holds "
                    f"{len(content)} bytes: it is truncated or another file"
                )
                problems.append(Problem(text, skippable=False))
                continue
            parts.append(content.reshape(-1, record))
        refuse(problems)
        records = np.concatenate(parts)
        images = np.ascontiguousarray(records[:, self.label_bytes :]).reshape(-1, 3, 32, 32)
        return Split(images, records[:, self.label_bytes - 1].astype(np.int64))
