"""Sets of image files: those that a list of the set names, or those in folders of classes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import shown
from incay.trainables.data.images.decode import EncodedImage
from incay.trainables.data.images.encoded import EncodedSplit
from incay.trainables.data.images.folders import encoded_split, images_by_class
from incay.trainables.data.published.arrays import read_mat
from incay.trainables.data.published.layouts import Read


def class_folders(train: str, test: str) -> Read:
    """Return a reader of two folders, below the data root, with a folder for each class."""

    def read(root: Path, training: bool) -> EncodedSplit:
        known = images_by_class(root / train)
        listing = known if training else images_by_class(root / test)
        names = tuple(known.classes)
        for name in [each for each in listing.classes if each not in names]:
            listing.note(
                f"test classes must be training classes, but {name!r} is not",
                name,
                skippable=False,
            )
            del listing.classes[name]
        return encoded_split(listing.classes, names, listing.all_problems)

    return read


def flowers102(root: Path, training: bool) -> EncodedSplit:
    """Read Flowers-102; the images that validate in the published split train."""
    folder = root / "flowers-102"
    parts = ("trnid", "valid") if training else ("tstid",)
    split = read_mat(folder / "setid.mat", parts)
    labels = read_mat(folder / "imagelabels.mat", ("labels",))["labels"].reshape(-1)
    chosen = np.concatenate([split[part].reshape(-1) for part in parts]).astype(np.int64)
    if not len(chosen) or not 1 <= chosen.min() <= chosen.max() <= len(labels):
        raise DataError(f"{folder / 'setid.mat'} must name images of imagelabels.mat, but does not")
    files = [folder / "jpg" / f"image_{number:05d}.jpg" for number in chosen]
    return _split(files, labels[chosen - 1].astype(np.int64) - 1, None)


def food101(root: Path, training: bool) -> EncodedSplit:
    """Read Food-101, whose lists have lines such as ``apple_pie/1005649``."""
    folder = root / "food-101"
    lines = _lines(folder / "meta" / f"{'train' if training else 'test'}.txt")
    names = _lines(folder / "meta" / "classes.txt")
    return _named(
        ((folder / "images" / f"{line}.jpg", line.partition("/")[0]) for line in lines),
        names,
        folder / "meta" / "classes.txt",
    )


def dtd(root: Path, training: bool) -> EncodedSplit:
    """Read the Describable Textures' first split; what validates in it trains."""
    folder = root / "dtd" / "dtd"
    lists = {part: folder / "labels" / f"{part}1.txt" for part in ("train", "val", "test")}
    lines = {
        part: [(line, line.partition("/")[0]) for line in _lines(lists[part])] for part in lists
    }
    names = sorted({name for each in lines.values() for _, name in each})
    chosen = [*lines["train"], *lines["val"]] if training else lines["test"]
    return _named(((folder / "images" / line, name) for line, name in chosen), names, folder)


def aircraft(root: Path, training: bool) -> EncodedSplit:
    """Read FGVC-Aircraft's variants; lines are ``0025553 A300B4``."""
    folder = root / "fgvc-aircraft-2013b" / "data"
    path = folder / f"images_variant_{'trainval' if training else 'test'}.txt"
    pairs = (line.partition(" ")[::2] for line in _lines(path))
    return _named(
        ((folder / "images" / f"{image}.jpg", name) for image, name in pairs),
        _lines(folder / "variants.txt"),
        folder / "variants.txt",
    )


def pets(root: Path, training: bool) -> EncodedSplit:
    """Read the Oxford-IIIT pets' breeds; lines are ``Abyssinian_100 1 1 1``: image, breed, …."""
    folder = root / "oxford-iiit-pet"
    path = folder / "annotations" / f"{'trainval' if training else 'test'}.txt"
    images, labels = [], []
    for line in _lines(path):
        image, *rest = line.split()
        if not rest or not rest[0].isdecimal():
            raise DataError(f"{path} must have lines of an image and a number, but has {line!r}")
        images.append(folder / "images" / f"{image}.jpg")
        labels.append(int(rest[0]) - 1)
    return _split(images, np.array(labels, np.int64), None)


def _named(images: Iterable[tuple[Path, str]], names: list[str], where: Path) -> EncodedSplit:
    place = {name: label for label, name in enumerate(names)}
    files, labels = [], []
    for path, name in images:
        if name not in place:
            raise DataError(f"{where} must name each class, but {name!r} is none of them")
        files.append(path)
        labels.append(place[name])
    return _split(files, np.array(labels, np.int64), tuple(names))


def _split(files: list[Path], labels: np.ndarray, names: tuple[str, ...] | None) -> EncodedSplit:
    return EncodedSplit([EncodedImage(shown(path), path) for path in files], labels, names)


def _lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} must be a readable list, but: {error}") from error
    found = [line for line in lines if line]
    if not found:
        raise DataError(f"{path} must name something, but is empty")
    return found
