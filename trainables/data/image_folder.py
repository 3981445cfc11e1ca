"""Folders of images: ``FOLDER/{train,test}/CLASS/*.png``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from incay.trainables.data import register_dataset
from incay.trainables.data.base import (
    DataError,
    DatasetSettings,
    ImageData,
    hash_files,
    require_root,
)
from incay.trainables.data.decode import PixelFormat
from incay.trainables.data.encoded import load_decoded
from incay.trainables.data.folders import Classes, encoded_split, images_by_class
from incay.trainables.settings import require


@register_dataset("image_folder")
@dataclass(frozen=True, kw_only=True)
class ImageFolderSettings(DatasetSettings):
    """A folder per split and in it a folder per class; the classes are the training ones.

    Random flips are off by default: whether they keep the label depends on the set.

    Attributes:
        folder: Below the data root.
        train: The folder of the training split, in `folder`.
        test: The folder of the test split, in `folder`.
        grey: Images become grey; otherwise RGB.
        size: (height, width) to resize images to; none keeps their own, which must then be
            the same for all.
    """

    folder: str = "images"
    train: str = "train"
    test: str = "test"
    grey: bool = False
    size: tuple[int, int] | None = None

    citation = "the layout of torchvision.datasets.ImageFolder"
    how_to_obtain = "Put images into DIR/<folder>/train/<class>/ and DIR/<folder>/test/<class>/."

    def __post_init__(self) -> None:
        require(
            self.size is None or min(self.size) >= 1, "size has sides of 1 pixel or more", self.size
        )

    def load(self, data_root: Path | None) -> ImageData:
        """Read and decode both splits."""
        train, test = self.classes(data_root)
        names = tuple(train)
        return load_decoded(
            self,
            self.content_hash(data_root),
            PixelFormat(self.grey, self.size),
            lambda: (encoded_split(train, names), encoded_split(test, names)),
        )

    def content_hash(self, data_root: Path | None) -> str:
        """Return the hash of the images and of their places."""
        root = require_root(data_root, self.name, self.how_to_obtain)
        splits = self.classes(data_root)
        files = [path for split in splits for paths in split.values() for path in paths]
        return hash_files(files, relative_to=root / self.folder)

    def classes(self, data_root: Path | None) -> tuple[Classes, Classes]:
        """Return the image files of both splits by class.

        Raises:
            DataError: A folder is missing or empty, or a test class is not a training class.
        """
        root = require_root(data_root, self.name, self.how_to_obtain)
        if not (root / self.folder).is_dir():
            raise DataError(
                f"data set {self.name!r} must have the folder {root / self.folder}, but it is "
                f"not there. {self.how_to_obtain}"
            )
        train = images_by_class(root / self.folder / self.train)
        test = images_by_class(root / self.folder / self.test)
        unknown = sorted(set(test) - set(train))
        if unknown:
            raise DataError(
                f"test classes must be training classes, but {unknown[0]!r} is not: see "
                f"{root / self.folder / self.test}"
            )
        return train, test
