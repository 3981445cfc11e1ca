"""Folders of images: ``FOLDER/{train,test}/CLASS/*.png``."""

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
from incay.trainables.data.images.damage import ON_DAMAGED, OnDamaged, settle, shown
from incay.trainables.data.images.decode import PixelFormat
from incay.trainables.data.images.encoded import Listed, load_decoded
from incay.trainables.data.images.folders import (
    Listing,
    encoded_split,
    images_by_class,
    look_alikes,
    others_note,
)
from incay.trainables.data.images.limits import require_size
from incay.trainables.data.images.overlap import require_other_files
from incay.trainables.settings import require


@register_dataset("image_folder")
@dataclass(frozen=True, kw_only=True)
class ImageFolderSettings(DatasetSettings):
    """A folder per split and in it a folder per class; the classes are the training ones.

    Images in subfolders of a class folder belong to the class. Random flips are off by default:
    whether they keep the label depends on the set.

    Attributes:
        folder: Below the data root.
        train: The folder of the training split, in `folder`.
        test: The folder of the test split, in `folder`.
        grey: Images become grey; otherwise RGB.
        size: (height, width) to resize images to; none keeps their own, which must then be
            the same for all.
        on_damaged: Whether damaged and odd files are refused, or skipped and counted.
    """

    folder: str = "images"
    train: str = "train"
    test: str = "test"
    grey: bool = False
    size: tuple[int, int] | None = None
    on_damaged: OnDamaged = "refuse"

    citation = "the layout of torchvision.datasets.ImageFolder"
    how_to_obtain = "Put images into DIR/<folder>/train/<class>/ and DIR/<folder>/test/<class>/."

    def __post_init__(self) -> None:
        require_size(self.size)
        require(self.on_damaged in ON_DAMAGED, "on_damaged in {refuse, skip}", self.on_damaged)

    def load(self, data_root: Path | None) -> ImageData:
        """Read and decode both splits."""
        train, test = self.listings(data_root)
        names = tuple(train.classes)
        return load_decoded(
            self,
            self._hash(data_root, train, test),
            PixelFormat(self.grey, self.size),
            lambda: (encoded_split(train.classes, names), encoded_split(test.classes, names)),
            on_damaged=self.on_damaged,
            listed=Listed(
                (train.all_problems, test.all_problems),
                others_note((train, test)),
            ),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the images and of their places."""
        train, test = self.listings(data_root)
        settle([*train.all_problems, *test.all_problems], self.on_damaged)
        return self._hash(data_root, train, test)

    def listings(self, data_root: Path | None) -> tuple[Listing, Listing]:
        """Return what lies in the folders of both splits.

        Raises:
            DataError: A folder is missing or has no classes.
        """
        root = require_root(data_root, self.name, self.how_to_obtain)
        if not (root / self.folder).is_dir():
            raise DataError(
                f"data set {self.name!r} must have the folder {root / self.folder}, but it is "
                f"not there. {self.how_to_obtain}"
            )
        train = images_by_class(root / self.folder / self.train)
        test = images_by_class(root / self.folder / self.test)
        _require_known(test, set(train.classes), root / self.folder / self.test)
        return train, test

    def _hash(self, data_root: Path | None, train: Listing, test: Listing) -> str:
        root = require_root(data_root, self.name, self.how_to_obtain)
        splits = [
            [path for paths in listing.classes.values() for path in paths]
            for listing in (train, test)
        ]
        files = [*splits[0], *splits[1]]
        digests = digest_files(files)
        require_other_files(splits[0], splits[1], digests)
        return combined_hash(files, digests, relative_to=root / self.folder)


def _require_known(test: Listing, known: set[str], folder: Path) -> None:
    """Note the test classes that are no training classes, and take them out."""
    for name in sorted(set(test.classes) - known):
        del test.classes[name]
        alike = next(
            (one for one, other in look_alikes((*sorted(known), name)) if other == name), None
        )
        said = repr(name) if alike is None else f"{name!a}, which looks like {alike!a},"
        test.note(
            f"test classes must be training classes, but {said} is not: see {shown(folder)}",
            name,
            skippable=False,
        )
