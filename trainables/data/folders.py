"""Folders of images, one folder per class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from incay.trainables.data.base import DataError
from incay.trainables.data.decode import SUFFIXES, EncodedImage
from incay.trainables.data.encoded import EncodedSplit

Classes = dict[str, list[Path]]
"""Image files by the name of their class."""


def images_by_class(folder: Path) -> Classes:
    """Return the image files of each class folder; classes and files in order of their names.

    Other files are passed over.

    Raises:
        DataError: The folder is missing, has no class folders, or one of them has no image.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} must be a folder with one folder per class, but is not there")
    classes = {
        entry.name: sorted(path for path in entry.iterdir() if path.suffix.lower() in SUFFIXES)
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and not entry.name.startswith(".")
    }
    if not classes:
        raise DataError(f"{folder} must have one folder per class, but has no folder")
    for name, files in classes.items():
        if not files:
            raise DataError(
                f"{folder / name} must have an image ({', '.join(sorted(SUFFIXES))}), but has none"
            )
    return classes


def encoded_split(classes: Classes, class_names: tuple[str, ...]) -> EncodedSplit:
    """Return the classes' images, with each class's place among `class_names` as the label."""
    index = {name: label for label, name in enumerate(class_names)}
    labels = [index[name] for name, files in classes.items() for _ in files]
    images = [EncodedImage(str(path), path) for files in classes.values() for path in files]
    return EncodedSplit(images, np.array(labels, np.int64), class_names)
