"""Any image-classification data set in Parquet files of the Hugging Face layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incay.trainables.data import register_dataset
from incay.trainables.data.base import (
    DataError,
    DatasetSettings,
    ImageData,
    combined_hash,
    digest_files,
    require_root,
)
from incay.trainables.data.images.damage import ON_DAMAGED, OnDamaged
from incay.trainables.data.images.decode import PixelFormat
from incay.trainables.data.images.encoded import load_decoded
from incay.trainables.data.images.hf_parquet import (
    ParquetColumns,
    read_split,
    require_columns,
)
from incay.trainables.data.images.limits import require_size
from incay.trainables.data.images.overlap import require_distinct
from incay.trainables.data.images.shards import find_shards
from incay.trainables.settings import require


@register_dataset("parquet")
@dataclass(frozen=True, kw_only=True)
class ParquetSettings(DatasetSettings):
    """``FOLDER/{train,test}-00000-of-00001.parquet``, with any number of files per split.

    Random flips are off by default: whether they keep the label depends on the set.

    Attributes:
        folder: Below the data root. The files lie in it or in its folder ``data``.
        train_split: The split to train on.
        test_split: The split to test on; some sets call theirs ``validation``.
        image_column: ``struct<bytes, path>``; empty finds ``image`` or ``img``.
        label_column: Integers; empty finds ``label``, ``fine_label`` or ``labels``.
        grey: Images become grey; otherwise RGB.
        size: (height, width) to resize images to; none keeps their own, which must then be
            the same for all.
        on_damaged: Whether damaged images and rows without an image or a label are refused, or
            skipped and counted.
    """

    folder: str = "parquet"
    train_split: str = "train"
    test_split: str = "test"
    image_column: str = ""
    label_column: str = ""
    grey: bool = False
    size: tuple[int, int] | None = None
    on_damaged: OnDamaged = "refuse"

    citation = "https://huggingface.co/docs/hub/datasets-image"
    how_to_obtain = (
        "Put the set's files, as its Hugging Face page lists them under `data`, into "
        "DIR/<folder>: train-00000-of-0000N.parquet and test-00000-of-0000N.parquet."
    )

    def __post_init__(self) -> None:
        if not self.folder:
            raise ValueError("folder must name a folder below the data root, but is empty")
        require_size(self.size)
        require(self.on_damaged in ON_DAMAGED, "on_damaged in {refuse, skip}", self.on_damaged)

    def load(self, data_root: Path | None) -> ImageData:
        """Read and decode both splits."""
        train, test = self.paths(data_root)
        columns = ParquetColumns(self.image_column, self.label_column)
        require_columns([*train, *test], columns)
        return load_decoded(
            self,
            self.content_hash(data_root),
            PixelFormat(self.grey, self.size),
            lambda: (read_split(train, columns), read_split(test, columns)),
            on_damaged=self.on_damaged,
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the files as they lie on disk."""
        train, test = self.paths(data_root)
        paths = [*train, *test]
        digests = digest_files(paths)
        require_distinct(paths, digests)
        return combined_hash(paths, digests)

    def paths(self, data_root: Path | None) -> tuple[list[Path], list[Path]]:
        """Return the files of the training and the test split.

        Raises:
            DataError: There is no data root, or a split has no files in it.
        """
        root = require_root(data_root, self.name, self.how_to_obtain)
        folders = [root / self.folder, root / self.folder / "data"]
        train, test = (find_shards(folders, name) for name in (self.train_split, self.test_split))
        for name, found in ((self.train_split, train), (self.test_split, test)):
            if not found:
                raise DataError(
                    f"data set {self.name!r} must have {name}-*.parquet in {folders[0]}, but "
                    f"has none. {self.how_to_obtain}"
                )
        return train, test
