"""Folders of images, one folder per class: nothing in them is passed over without a word."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import Problem, shown
from incay.trainables.data.images.decode import EncodedImage
from incay.trainables.data.images.encoded import EncodedSplit
from incay.trainables.data.images.kinds import SUFFIXES, Kind, kind_of
from incay.trainables.data.images.limits import too_many_bytes

Classes = dict[str, list[Path]]
"""Image files by the name of their class."""

_DEEPEST = 100
"""Folders in one another: an archive of some kilobytes may hold thousands."""


@dataclass
class Listing:
    """What lies in a folder of class folders.

    Attributes:
        classes: Image files by class; classes and files in order of their names.
        problems: What is odd, by the class in whose folder it lies; of none by ``""``.
        others: Files that are no images.
    """

    classes: Classes = field(default_factory=dict)
    problems: dict[str, list[Problem]] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)

    def note(self, text: str, name: str = "", *, skippable: bool = True) -> None:
        """Add a problem."""
        self.problems.setdefault(name, []).append(Problem(text, skippable))

    def problems_of(self, names: Iterable[str]) -> tuple[Problem, ...]:
        """Return the problems of these classes, and those of no class."""
        return tuple(each for name in ("", *names) for each in self.problems.get(name, ()))

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """What is odd, wherever it lies."""
        return tuple(each for problems in self.problems.values() for each in problems)


def images_by_class(folder: Path) -> Listing:
    """Return the image files of each class folder, those in its subfolders too.

    Order and subfolders are as torchvision's ImageFolder has them.

    Raises:
        DataError: The folder is missing or has no class folders.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} must be a folder with one folder per class, but is not there")
    listing = Listing()
    for entry in _entries(folder):
        if _is_folder(entry) and not entry.name.startswith("."):
            files: list[Path] = []
            _walk(entry, frozenset({_identity(folder)}), entry.name, listing, files)
            listing.classes[entry.name] = sorted(files, key=lambda path: (str(path.parent), path))
        else:
            _take(entry, "", listing, None)
    if not listing.classes:
        raise DataError(f"{folder} must have one folder per class, but has no folder")
    _check_names(folder, listing)
    for name, files in listing.classes.items():
        if not files and name not in listing.problems:
            listing.note(
                f"{shown(folder / name)} must have an image ({', '.join(sorted(SUFFIXES))}), but "
                "has none",
                name,
                skippable=False,
            )
    return listing


def encoded_split(
    classes: Classes, class_names: tuple[str, ...], problems: Iterable[Problem] = ()
) -> EncodedSplit:
    """Return the classes' images, with each class's place among `class_names` as the label."""
    index = {name: label for label, name in enumerate(class_names)}
    labels = [index[name] for name, files in classes.items() for _ in files]
    images = [EncodedImage(shown(path), path) for files in classes.values() for path in files]
    return EncodedSplit(images, np.array(labels, np.int64), class_names, tuple(problems))


def look_alikes(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield names that a reader cannot tell apart: Unicode's other forms of a letter, spaces."""
    first: dict[str, str] = {}
    for name in names:
        visible = "".join(each for each in name if unicodedata.category(each) != "Cf")
        seen = " ".join(unicodedata.normalize("NFC", visible).split())
        if seen in first and first[seen] != name:
            yield first[seen], name
        first.setdefault(seen, name)


def others_note(listings: Iterable[Listing]) -> tuple[str, ...]:
    """Return in words which files are no images, nothing where there is none."""
    others = [path for listing in listings for path in listing.others]
    if not others:
        return ()
    more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
    return (f"passed over, because not images: {shown(others[0])}{more}",)


def _walk(
    folder: Path, above: frozenset[tuple[int, int]], name: str, listing: Listing, files: list[Path]
) -> None:
    identity = _identity(folder)
    if identity in above:
        listing.note(f"{shown(folder)} must not be a link to a folder that it lies in", name)
        return
    if len(above) > _DEEPEST:
        top = shown(Path(*folder.parts[: -len(above)]))
        listing.note(
            f"{top} must have folders at most {_DEEPEST} deep, but has deeper ones in {name!a}",
            name,
        )
        return
    for entry in _entries(folder):
        if _is_folder(entry) and not entry.name.startswith("."):
            _walk(entry, above | {identity}, name, listing, files)
        else:
            _take(entry, name, listing, files)


def _take(entry: Path, name: str, listing: Listing, files: list[Path] | None) -> None:
    """Sort one entry in: an image of the class, a problem, or something else.

    Args:
        entry: A file or a hidden folder.
        name: The class.
        listing: What is found.
        files: The class's images; None beside the class folders, where none may lie.
    """
    where = shown(entry)
    try:
        status = entry.stat()
    except OSError as error:
        listing.note(f"{where} must be a file or a link to one, but: {error.strerror}", name)
        return
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        if any(kind_of(path) is not Kind.OTHER for path in _hidden_files(entry)):
            listing.note(f"{where} is hidden and must hold no images, but does", name)
        else:
            listing.others.append(entry)
        return
    if not stat.S_ISREG(mode):
        listing.note(f"{where} must be a regular file, but is {_special(mode)}", name)
        return
    kind = kind_of(entry)
    if kind is Kind.OTHER:
        listing.others.append(entry)
    elif kind is Kind.UNREAD:
        listing.note(
            f"{where} is an image that is not read: its name must end in one of "
            f"{', '.join(sorted(SUFFIXES))}, and other formats must be converted",
            name,
        )
    elif files is None:
        listing.note(f"{where} must lie in the folder of its class, but lies beside them")
    elif not _is_utf8(entry.name):
        listing.note(
            f"{where} must have a name in UTF-8, but has {os.fsencode(entry.name)!r}", name
        )
    elif why := too_many_bytes(status.st_size):
        # Before it is read, were it only for a hash. What a machine allows must not decide what
        # the set is.
        listing.note(f"{where} must have {why}", name, skippable=False)
    else:
        files.append(entry)


def _check_names(folder: Path, listing: Listing) -> None:
    for name in listing.classes:
        if not _is_utf8(name) or not name.isprintable():
            listing.note(
                f"the name of a class must be UTF-8 that can be printed, but in {shown(folder)} "
                f"one is {os.fsencode(name)!r}",
                name,
                skippable=False,
            )
    for first, second in look_alikes(listing.classes):
        listing.note(
            f"names of classes must not look alike, but in {shown(folder)} two are "
            f"{first!a} and {second!a}",
            second,
            skippable=False,
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise DataError(
            f"{shown(folder)} must be a readable folder, but: {error.strerror}"
        ) from error


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # what cannot be looked at is told by `_take`


def _hidden_files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (path for path in (Path(parent, name) for name in names) if path.is_file())


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _special(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
