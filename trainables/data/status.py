"""What is there of each data set under a data root, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incay.trainables.data import datasets
from incay.trainables.data.base import DataError, DatasetSettings, ImageData
from incay.trainables.data.inspection.files import check_files


@dataclass(frozen=True)
class DatasetStatus:
    """What is there of a data set.

    Attributes:
        name: The registered name.
        content_hash: Of its files; None where they are not found.
        problem: Why they are not found; empty where they are.
        damaged: Whether some are there, but not as they must be.
        how_to_obtain: What a user without a network does to get them.
        citation: Where the set comes from.
    """

    name: str
    content_hash: str | None
    problem: str
    damaged: bool
    how_to_obtain: str
    citation: str

    @property
    def found(self) -> bool:
        """Whether all files are there."""
        return self.content_hash is not None


@dataclass(frozen=True)
class DatasetContent:
    """What a data set holds, once it is read.

    Attributes:
        train_count: Training images.
        test_count: Test images, or images that occur in test pairs.
        num_classes: Training classes.
        image_shape: (channels, height, width).
        content_hash: Of the files.
        warnings: In what it differs from the published set.
        notes: What was skipped, and what else a user must know of how the files became this.
        skipped: Damaged or odd images that were left out.
    """

    train_count: int
    test_count: int
    num_classes: int
    image_shape: tuple[int, int, int]
    content_hash: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    skipped: int


def status(dataset: DatasetSettings, data_root: Path | None) -> DatasetStatus:
    """Return whether a data set's files are there, without decoding them."""
    content_hash, problem = None, ""
    try:
        check_files(dataset, data_root)
        content_hash = dataset.content_hash(data_root)
    except DataError as error:
        problem = str(error)
    # What is missing altogether is told with how to obtain it.
    there = data_root is not None and data_root.is_dir() and dataset.how_to_obtain not in problem
    return DatasetStatus(
        dataset.name,
        content_hash,
        problem,
        bool(problem) and there,
        dataset.how_to_obtain,
        dataset.citation,
    )


def all_statuses(data_root: Path | None) -> list[DatasetStatus]:
    """Return the status of every registered data set in its default settings."""
    return [status(datasets[name](), data_root) for name in datasets]


def verify(dataset: DatasetSettings, data_root: Path | None) -> DatasetContent:
    """Read a whole data set and return what it holds.

    Raises:
        DataError: A file is missing, truncated or not what it should be.
    """
    check_files(dataset, data_root)
    data = dataset.load(data_root)
    test_count = _test_count(data)
    warnings = []
    published = dataset.published_counts
    if published is not None and published != (len(data.train.labels), test_count):
        warnings.append(
            f"{dataset.name} as published has {published[0]:,} training and {published[1]:,} "
            f"test images, but this has {len(data.train.labels):,} and {test_count:,}"
        )
    return DatasetContent(
        train_count=len(data.train.labels),
        test_count=test_count,
        num_classes=data.num_classes,
        image_shape=data.image_shape,
        content_hash=dataset.content_hash(data_root),
        warnings=tuple(warnings),
        notes=told(data),
        skipped=sum(data.skipped),
    )


def told(data: ImageData) -> tuple[str, ...]:
    """Return what a user must know of how files became this set; how many were left out first."""
    train, test = data.skipped
    if not train + test:
        return data.notes
    return (
        f"skipped as damaged or odd: {train:,} training and {test:,} test images",
        *data.notes,
    )


def _test_count(data: ImageData) -> int:
    if data.test is not None:
        return len(data.test.labels)
    assert data.verification is not None
    return len(data.verification.images)
