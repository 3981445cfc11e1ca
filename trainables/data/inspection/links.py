"""Links in folders of images that lead above them: to follow one would be to read the machine.

A link to a folder elsewhere is a way to have images on another disk, or a part of another set's.
"""

from __future__ import annotations

import os
from pathlib import Path

from incay.trainables.data.base import DatasetSettings
from incay.trainables.data.faces import FacesSettings
from incay.trainables.data.image_folder import ImageFolderSettings
from incay.trainables.data.images.damage import shown


def class_folders(dataset: DatasetSettings, root: Path) -> list[Path]:
    """Return the folders of a user's own set that hold one folder per class.

    Args:
        dataset: The set. Those of others are none.
        root: The data root.
    """
    if isinstance(dataset, ImageFolderSettings):
        return [root / dataset.folder / name for name in (dataset.train, dataset.test)]
    if isinstance(dataset, FacesSettings):
        return [root / dataset.folder / dataset.train_images]
    return []


def link_problem(folder: Path) -> str:
    """Return which link below a folder leads to one that the folder itself lies in.

    Empty where none does. One to the folder or to one within is told by who reads it.

    Args:
        folder: It has one folder per class.
    """
    home = Path(os.path.realpath(folder))
    followed: set[str] = set()
    to_look_at = [str(folder)]
    while to_look_at:
        for entry in _folders(to_look_at.pop()):
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                if target != str(home) and home.is_relative_to(target):
                    return (
                        f"{shown(Path(entry.path))} must not be a link to a folder that "
                        f"{shown(folder)} lies in, but leads to {shown(Path(target))}"
                    )
                if target in followed:
                    continue
                followed.add(target)
            to_look_at.append(entry.path)
    return ""


def _folders(path: str) -> list[os.DirEntry[str]]:
    """Return the folders and links to folders in one, none where it cannot be read."""
    try:
        with os.scandir(path) as entries:
            return [each for each in entries if not each.name.startswith(".") and _is_dir(each)]
    except OSError:
        return []


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
