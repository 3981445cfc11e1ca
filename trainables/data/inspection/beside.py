"""What lies in the folder of a user's own set and is not read: named, so that nobody misses it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from incay.trainables.data.base import DataError, DatasetSettings
from incay.trainables.data.faces import FacesSettings
from incay.trainables.data.image_folder import ImageFolderSettings
from incay.trainables.data.images.damage import shown
from incay.trainables.data.images.folders import images_by_class
from incay.trainables.data.images.kinds import Kind, kind_of
from incay.trainables.data.inspection.files import special
from incay.trainables.data.inspection.links import class_folders, link_problem
from incay.trainables.data.parquet import ParquetSettings

_COMPANIONS = frozenset({"thumbs.db", "desktop.ini", "__macosx", "readme", "license", "citation"})
"""Names, without their endings too, of what a set has beside its images."""
_TEXTS = frozenset({".md", ".txt", ".json", ".yaml", ".yml", ".csv", ".tsv", ".bib", ".py"})
_ARCHIVES = frozenset(
    {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".lz4", ".z"}
)
_LOOKED_AT = 10_000
"""Files of a folder by which it is told what is in it."""
_NAMED = 3


class Beside(NamedTuple):
    """One file or folder that is not read."""

    path: Path
    what: str
    """In words."""
    expected: bool
    """Whether every set has such: hidden files, a README, a licence, metadata."""


@singledispatch
def beside(dataset: DatasetSettings, data_root: Path | None) -> list[Beside]:
    """Return what lies beside the splits of a user's own set, nothing of other sets.

    Args:
        dataset: The set.
        data_root: The data root.
    """
    del dataset, data_root
    return []


@beside.register
def _(dataset: ImageFolderSettings, data_root: Path | None) -> list[Beside]:
    return _beside(data_root, dataset.folder, (dataset.train, dataset.test))


@beside.register
def _(dataset: FacesSettings, data_root: Path | None) -> list[Beside]:
    lists = (dataset.pairs, dataset.train_people, dataset.test_people)
    return _beside(data_root, dataset.folder, (dataset.train_images, dataset.test_images, *lists))


@beside.register
def _(dataset: ParquetSettings, data_root: Path | None) -> list[Beside]:
    try:
        read = {path for paths in dataset.paths(data_root) for path in paths}
    except DataError:
        read = set()
    base = dataset.folder
    found = [
        each
        for folder in (base, str(Path(base, "data")))
        for each in _beside(data_root, folder, ())
        if each.path not in read
    ]
    inner = Path(data_root or "", base, "data")
    return [each for each in found if each.path != inner]


def all_unread(dataset: DatasetSettings, data_root: Path | None) -> Iterator[str]:
    """Yield in words all that is not read, within the classes' folders too."""
    for each in beside(dataset, data_root):
        yield f"{shown(each.path)} is not read: {each.what}"
    if data_root is None:
        return
    for folder in class_folders(dataset, data_root):
        if link_problem(folder):
            continue
        try:
            others = images_by_class(folder).others
        except DataError:
            continue  # reading the set says why
        for path in others:
            yield f"{shown(path)} is not read: {_described(path)[0]}"


def unread_line(dataset: DatasetSettings, data_root: Path | None) -> str:
    """Return in a line what a user may miss of what lies beside the splits, empty for nothing."""
    found = [each for each in beside(dataset, data_root) if not each.expected]
    if not found:
        return ""
    found.sort(key=lambda each: not each.what.startswith("a folder with"))  # another split first
    named = ", ".join(f"{shown(Path(each.path.name))} ({each.what})" for each in found[:_NAMED])
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return (
        f"not read, though in {shown(found[0].path.parent)}: {named}{more}; `incay data verify` "
        "names all"
    )


def _beside(root: Path | None, folder: str, read: Iterable[str]) -> list[Beside]:
    if root is None:
        return []
    names = {Path(name).parts[0] for name in read if Path(name).parts}
    try:
        entries = sorted((root / folder).iterdir())
    except OSError:
        return []  # reading the set says why
    return [Beside(entry, *_described(entry)) for entry in entries if entry.name not in names]


def _described(path: Path) -> tuple[str, bool]:
    """Return in words what an entry is, and whether every set has such."""
    name = path.name.lower()
    hidden = name.startswith(".")
    if hidden or name in _COMPANIONS or name.partition(".")[0] in _COMPANIONS:
        return ("hidden" if hidden else "no image"), True
    try:
        mode = path.stat().st_mode
    except OSError:
        return "a link to nothing", False
    if path.is_dir():
        return _of_folder(path), False
    if not path.is_file():
        return special(mode), False
    if path.suffix.lower() in _ARCHIVES:
        return "an archive, which is not opened", False
    if path.suffix.lower() == ".parquet":
        return "a Parquet file of no split that is asked for", False
    if kind_of(path) is not Kind.OTHER:
        return "an image of no split", False
    return "no image", path.suffix.lower() in _TEXTS


def _of_folder(folder: Path) -> str:
    files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    kinds = {path.suffix.lower() for path in islice(files, _LOOKED_AT)}
    if ".parquet" in kinds:
        return "a folder with Parquet files"
    if any(kind_of(Path(f"any{suffix}")) is not Kind.OTHER for suffix in kinds):
        return "a folder with images"
    return "a folder"
