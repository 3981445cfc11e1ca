"""The data sets of a study."""

from __future__ import annotations

from pathlib import Path

from incay.study.planning.setting_files import files_hash
from incay.trainables.config import TrialConfig
from incay.trainables.data import DatasetSettings, ImageData
from incay.trainables.data.base import FILES
from incay.trainables.data.status import told


class DataCatalog:
    """The data sets of a study: hashed once, loaded once and only if needed.

    Args:
        root: The data root, if there is one.
    """

    def __init__(self, root: Path | None) -> None:
        self.root = root
        self._hashes: dict[DatasetSettings, str] = {}
        self._loaded: dict[DatasetSettings, ImageData] = {}
        self._files: dict[Path, str] = {}

    def hash(self, dataset: DatasetSettings) -> str:
        """Return a data set's content hash."""
        if dataset not in self._hashes:
            self._hashes[dataset] = dataset.content_hash(self.root)
        return self._hashes[dataset]

    def hash_for(self, config: TrialConfig) -> str:
        """Return the hash of all files that a trial reads: its set, and what its settings name."""
        files = files_hash(config, self.root, self._files)
        return self.hash(config.dataset) + (f"{FILES}{files}" if files else "")

    @property
    def notes(self) -> list[str]:
        """What a user must know of the sets that were loaded."""
        return [
            f"{dataset.name}: {note}"
            for dataset, data in self._loaded.items()
            for note in told(data)
        ]

    def load(self, dataset: DatasetSettings) -> ImageData:
        """Return a data set in memory."""
        if dataset not in self._loaded:
            self._loaded[dataset] = dataset.load(self.root)
        return self._loaded[dataset]
