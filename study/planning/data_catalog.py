"""The data sets of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from incay.study.planning.setting_files import files_hash
from incay.trainables.config import TrialConfig
from incay.trainables.data import DataError, DatasetSettings, ImageData
from incay.trainables.data.base import FILES
from incay.trainables.data.fitting import Images, Shape, fitted
from incay.trainables.data.inspection.beside import unread_line
from incay.trainables.data.inspection.files import check_files
from incay.trainables.data.outside import with_outside
from incay.trainables.data.status import told
from incay.trainables.errors import UserError, said
from incay.trainables.exits import asked_from_outside, place_of
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.source.tree import own_code
from incay.trainables.uses.problems import definition_place, place_in, reason


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
        self._fitted: dict[tuple[DatasetSettings, bool, Shape], Images] = {}

    def hash(self, dataset: DatasetSettings) -> str:
        """Return a data set's content hash."""
        if dataset not in self._hashes:
            with _data_errors(dataset):
                check_files(dataset, self.root)
                found = dataset.content_hash(self.root)
                _require_type(dataset, "content_hash must return a text", found, str)
                self._hashes[dataset] = found
        return self._hashes[dataset]

    def hash_for(self, config: TrialConfig) -> str:
        """Return the hash of all files that a trial reads: its set, and what its settings name."""
        files = files_hash(config, self.root, self._files)
        return self.images_hash(config) + (f"{FILES}{files}" if files else "")

    def images_hash(self, config: TrialConfig) -> str:
        """Return the hash of a trial's images: its set's, and of those of other sets."""
        own, background = self.hash(config.dataset), config.background
        if not config.outside and background is None:
            return own
        parts = [own, *(f"{name} {self.hash(each)}" for name, each in config.outside.items())]
        if background is not None:
            parts.append(f"background {background.name} {self.hash(background)}")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def images_of(self, config: TrialConfig) -> dict[str, TrialConfig]:
        """Return the images that trials of an arm may ask for: by hash, one that asks for them.

        A search may find a weight of incay, or another form than the one that names a background.

        Args:
            config: The arm's.
        """
        asked = [config]
        if config.incay.named_background:
            terms = IncaySettings(), replace(config.incay, weight=1.0)
            asked += [replace(config, incay=each) for each in terms]
        return {self.images_hash(each): each for each in asked}

    @property
    def notes(self) -> list[str]:
        """What a user must know of the sets that were loaded."""
        return [
            f"{dataset.name}: {note}"
            for dataset, data in self._loaded.items()
            for note in (*told(data), unread_line(dataset, self.root))
            if note
        ] + [
            f"{dataset.name}: images of {_told(self._loaded[dataset].image_shape)} are brought to "
            f"{_told(shape)} to be used beside others"
            for dataset, _, shape in self._fitted
        ]

    def load(self, dataset: DatasetSettings) -> ImageData:
        """Return a data set in memory."""
        if dataset not in self._loaded:
            self.hash(dataset)  # looks at the files before they are read
            with _data_errors(dataset):
                loaded = dataset.load(self.root)
                _require_type(dataset, "load must return ImageData", loaded, ImageData)
                self._loaded[dataset] = loaded
        return self._loaded[dataset]

    def load_for(self, config: TrialConfig) -> ImageData:
        """Return a trial's images in memory, those of other sets beside its own, in its shape.

        Raises:
            DataError: One cannot be read, or cannot be brought to the shape.
        """
        data = self.load(config.dataset)
        if config.background is not None:
            background = self._fitting(config.background, data.image_shape, train=True)
            data = replace(data, background=background)
        if not config.outside:
            return data
        others = {
            name: self._fitting(each, data.image_shape, train=self.load(each).test is None)
            for name, each in config.outside.items()
        }
        return with_outside(data, others)

    def _fitting(self, dataset: DatasetSettings, shape: Shape, *, train: bool) -> Images:
        """Return another set's training or test images in a shape; they are resized once."""
        key = dataset, train, shape
        if key in self._fitted:
            return self._fitted[key]
        data = self.load(dataset)
        split = data.train if train or data.test is None else data.test
        found = fitted(split.images, shape, repr(dataset.name))
        if found is not split.images:
            self._fitted[key] = found
        return found


def _told(shape: Shape) -> str:
    return "×".join(map(str, shape))


@contextmanager
def _data_errors(dataset: DatasetSettings) -> Iterator[None]:
    """Raise what goes wrong with a data set's files or size as a `DataError` that names it."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"data set {dataset.name!r}: its files must be readable, but: {said(error)}"
        ) from error
    except MemoryError as error:
        raise DataError(
            f"data set {dataset.name!r}: it must fit into this machine's memory, but does not"
        ) from error
    except (SystemExit, KeyboardInterrupt) as error:
        if asked_from_outside(error):
            raise
        raise DataError(
            f"data set {dataset.name!r}: to read it must not end the program, but it raises "
            f"{type(error).__name__} ({place_of(error)})"
        ) from error
    except UserError:
        raise
    except Exception as error:
        if type(dataset).__module__ not in own_code.modules:
            raise  # a fault of this package's: its traceback is what tells
        files = own_code.files
        raise DataError(
            f"data set {dataset.name!r}: {place_in(error, files)}{reason(error)}"
        ) from error


def _require_type(dataset: DatasetSettings, must_hold: str, found: object, kind: type) -> None:
    """Refuse what a data set of the user's own returns in place of what it must."""
    if not isinstance(found, kind):
        place = definition_place(type(dataset))
        raise DataError(f"{place}{must_hold}, but returned {type(found).__name__}")
