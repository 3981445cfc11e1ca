"""The data sets of a study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from incay.trainables.data import DataError, DatasetSettings, ImageData


class DataCatalog:
    """The data sets of a study: hashed once, loaded once and only if needed.

    Args:
        root: The data root, if there is one.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._hashes: dict[DatasetSettings, str] = {}
        self._loaded: dict[DatasetSettings, ImageData] = {}

    def hash(self, dataset: DatasetSettings) -> str:
        """Return a data set's content hash."""
        if dataset not in self._hashes:
            with _data_errors(dataset):
                self._hashes[dataset] = dataset.content_hash(self.root)
        return self._hashes[dataset]

    def load(self, dataset: DatasetSettings) -> ImageData:
        """Return a data set in memory."""
        if dataset not in self._loaded:
            with _data_errors(dataset):
                self._loaded[dataset] = dataset.load(self.root)
        return self._loaded[dataset]


@contextmanager
def _data_errors(dataset: DatasetSettings) -> Iterator[None]:
    """Raise what goes wrong with a data set's files or size as a `DataError` that names it."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"data set {dataset.name!r}: its files must be readable, but: {error}"
        ) from error
    except MemoryError as error:
        raise DataError(
            f"data set {dataset.name!r}: it must fit into this machine's memory, but does not"
        ) from error
