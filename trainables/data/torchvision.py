"""torchvision's classification sets, and folders of images of many sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incay.trainables.data import register_dataset
from incay.trainables.data.base import (
    DataError,
    DatasetSettings,
    ImageData,
    Split,
    combined_hash,
    digest_files,
    require_root,
)
from incay.trainables.data.images.cache import Arrays
from incay.trainables.data.images.damage import ON_DAMAGED, OnDamaged
from incay.trainables.data.images.encoded import arrays_of, settled_or_cached
from incay.trainables.data.published.layouts import Layout
from incay.trainables.data.published.resizing import Sizing, sized
from incay.trainables.data.published.sets import LAYOUTS, OTHERWISE, of_folder
from incay.trainables.registry import describe_unknown
from incay.trainables.settings import require

FOLDER = "ImageFolder"
"""The set that is a folder of one's own."""
USUAL_RESIZE, USUAL_CROP = 256, 224
"""For sets of many sizes, as torchvision's models are evaluated on ImageNet."""


@register_dataset("torchvision")
@dataclass(frozen=True, kw_only=True)
class TorchvisionDatasetSettings(DatasetSettings):
    """A published set by the name of its class in torchvision, or a folder of mixed sizes.

    The files are those that torchvision downloads, where it puts them below the data root. They
    are read here, without running code: so damaged ones are named. A split that validates in the
    published set trains, since `split.validation` holds images out. Random flips are off by
    default: whether they keep the label depends on the set.

    Attributes:
        set: ``SVHN``, ``KMNIST``, ``EMNIST`` (``EMNIST-letters``, …), ``STL10``, ``Flowers102``,
            …; ``ImageFolder`` is a folder of one's own.
        folder: Of ``ImageFolder``, below the data root, with train/CLASS and test/CLASS.
        grey: Images become grey; otherwise they keep their channels, RGB where files are encoded.
        resize: The shorter side, to which images are resized with their proportions; or (height,
            width), whatever the proportions. None keeps sizes; sets of many sizes take 256.
        center_crop: A square, or (height, width), that is cut out of the middle. None cuts
            nothing; sets of many sizes take 224, unless `resize` is given.
        on_damaged: Whether damaged images are refused, or skipped and counted.
    """

    set: str = "SVHN"
    folder: str = "images"
    grey: bool = False
    resize: int | tuple[int, int] | None = None
    center_crop: int | tuple[int, int] | None = None
    on_damaged: OnDamaged = "refuse"

    citation = "torchvision.datasets, with the source of each set"
    how_to_obtain = (
        "Where a network exists: incay data fetch torchvision --data-root DIR --set "
        "dataset.set=NAME; elsewhere put what torchvision.datasets.NAME downloads into DIR."
    )

    def __post_init__(self) -> None:
        if self.set in OTHERWISE:
            raise ValueError(
                f"set {self.set}: torchvision's files of it are pickles, which run code when they "
                f"are opened; use {OTHERWISE[self.set]}"
            )
        known = [FOLDER, *LAYOUTS]
        if self.set not in known:
            raise ValueError(describe_unknown("set", self.set, known))
        for name, side in (("resize", self.resize), ("center_crop", self.center_crop)):
            sides = (side,) if isinstance(side, int) else side or (1,)
            require(min(sides) >= 1, f"{name} has sides of 1 pixel or more", side)
        require(bool(self.folder), "folder is not empty", self.folder)
        require(self.on_damaged in ON_DAMAGED, "on_damaged in {refuse, skip}", self.on_damaged)

    @property
    def layout(self) -> Layout:
        """How the set lies on disk."""
        return of_folder(self.folder) if self.set == FOLDER else LAYOUTS[self.set]

    @property
    def sizing(self) -> Sizing:
        """What is done to the images' sizes."""
        if self.layout.mixed and self.resize is None and self.center_crop is None:
            return Sizing(USUAL_RESIZE, USUAL_CROP)
        return Sizing(self.resize, self.center_crop)

    def load(self, data_root: Path | None) -> ImageData:
        """Read both splits."""
        root = require_root(data_root, self.name, self.how_to_obtain)
        arrays = settled_or_cached(
            self, self.content_hash(data_root), lambda: self._made(root), (), self.on_damaged
        )
        train, test = (int(count) for count in arrays["skipped"])
        return ImageData(
            train=Split(arrays["train_images"], arrays["train_labels"]),
            test=Split(arrays["test_images"], arrays["test_labels"]),
            class_names=tuple(str(name) for name in arrays["class_names"]),
            skipped=(train, test),
            notes=tuple(str(note) for note in arrays["notes"]),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the set's files and of their places."""
        root = require_root(data_root, self.name, self.how_to_obtain)
        files = list(self._files(root))
        return combined_hash(files, digest_files(files), relative_to=root)

    def fetch(self, data_root: Path) -> None:
        """Download the set through torchvision, where a network exists."""
        if self.set == FOLDER:
            raise DataError(
                f"a folder of one's own cannot be fetched: put it into DIR/{self.folder}"
            )
        import torchvision

        cls: Any = getattr(torchvision.datasets, self.layout.torchvision or self.set)
        try:
            for part in self.layout.fetched:
                cls(str(data_root), download=True, **part)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"a mirror of {self.set} must be reachable, but: {error}. {self.how_to_obtain}"
            ) from error

    def _files(self, root: Path) -> Iterator[Path]:
        for pattern in self.layout.files:
            found = sorted(path for path in root.glob(pattern) if path.is_file())
            if not found:
                raise DataError(
                    f"data set {self.name!r} ({self.set}) must have {root / pattern}, but has not. "
                    f"{self.how_to_obtain}"
                )
            yield from found

    def _made(self, root: Path) -> Arrays:
        splits = [self.layout.read(root, training) for training in (True, False)]
        made = [sized(split, self.sizing, grey=self.grey) for split in splits]
        counts = (len(made[0].images), len(made[1].images))
        notes = []
        if self.set != FOLDER and counts != self.layout.counts:
            published = "{:,} training and {:,} test images".format(*self.layout.counts)
            notes.append(f"{self.set} as published has {published}, but this has fewer or more")
        return arrays_of(splits, made, self.on_damaged, notes=notes)
