"""The data sets of a study."""

from __future__ import annotations

from pathlib import Path

from incay.trainables.data import DatasetSettings, ImageData


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
            self._hashes[dataset] = dataset.content_hash(self.root)
        return self._hashes[dataset]

    def load(self, dataset: DatasetSettings) -> ImageData:
        """Return a data set in memory."""
        if dataset not in self._loaded:
            self._loaded[dataset] = dataset.load(self.root)
        return self._loaded[dataset]
