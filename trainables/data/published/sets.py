"""The sets by the names of torchvision's classes."""

from __future__ import annotations

from incay.trainables.data.published.arrays import DIGITS, KUZUSHIJI, idx, stl10, svhn, usps
from incay.trainables.data.published.layouts import Layout
from incay.trainables.data.published.listed import (
    aircraft,
    class_folders,
    dtd,
    flowers102,
    food101,
    pets,
)

EMNIST_PARTS = {
    "balanced": (112_800, 18_800),
    "byclass": (697_932, 116_323),
    "bymerge": (697_932, 116_323),
    "digits": (240_000, 40_000),
    "letters": (124_800, 20_800),
    "mnist": (60_000, 10_000),
}
"""EMNIST is six sets: their training and test images."""

_KINDS = ("images-idx3", "labels-idx1")
_TRAIN_AND_TEST = ({"train": True}, {"train": False})


def _idx_files(*begins: str) -> tuple[str, ...]:
    return tuple(f"{begin}-{kind}-ubyte" for begin in begins for kind in _KINDS)


def _like_mnist(name: str, names: tuple[str, ...]) -> Layout:
    train, test = (f"{name}/raw/{part}" for part in ("train", "t10k"))
    return Layout(
        files=_idx_files(train, test),
        read=idx(train, test, names),
        counts=(60_000, 10_000),
        fetched=({},),
    )


def _emnist(part: str) -> Layout:
    train, test = (f"EMNIST/raw/emnist-{part}-{split}" for split in ("train", "test"))
    return Layout(
        files=_idx_files(train, test),
        read=idx(train, test, None, lying=True),
        counts=EMNIST_PARTS[part],
        fetched=({"split": part},),
        torchvision="EMNIST",
    )


def _folders(folder: str, train: str, test: str, counts: tuple[int, int], **more: str) -> Layout:
    return Layout(
        files=(f"{folder}/{train}/**/*", f"{folder}/{test}/**/*"),
        read=class_folders(f"{folder}/{train}", f"{folder}/{test}"),
        counts=counts,
        fetched=({"split": train}, {"split": test}),
        mixed=True,
        torchvision=more.get("torchvision", ""),
    )


LAYOUTS = {
    "SVHN": Layout(files=("train_32x32.mat", "test_32x32.mat"), read=svhn, counts=(73_257, 26_032)),
    "FashionMNIST": _like_mnist(
        "FashionMNIST",
        (
            *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
            *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
        ),
    ),
    "KMNIST": _like_mnist("KMNIST", KUZUSHIJI),
    "MNIST": _like_mnist("MNIST", DIGITS),
    "EMNIST": _emnist("balanced"),
    **{f"EMNIST-{part}": _emnist(part) for part in EMNIST_PARTS},
    "STL10": Layout(
        files=tuple(f"stl10_binary/{s}_{p}.bin" for s in ("train", "test") for p in ("X", "y")),
        read=stl10,
        counts=(5_000, 8_000),
    ),
    "USPS": Layout(
        files=("usps.bz2", "usps.t.bz2"),
        read=usps,
        counts=(7_291, 2_007),
        fetched=_TRAIN_AND_TEST,
    ),
    "Flowers102": Layout(
        files=(
            "flowers-102/imagelabels.mat",
            "flowers-102/setid.mat",
            "flowers-102/jpg/*.jpg",
        ),
        read=flowers102,
        counts=(2_040, 6_149),
        fetched=({"split": "train"},),
        mixed=True,
    ),
    "Food101": Layout(
        files=(
            "food-101/meta/classes.txt",
            "food-101/meta/train.txt",
            "food-101/meta/test.txt",
            "food-101/images/**/*.jpg",
        ),
        read=food101,
        counts=(75_750, 25_250),
        fetched=({"split": "train"},),
        mixed=True,
    ),
    "DTD": Layout(
        files=(
            *(f"dtd/dtd/labels/{part}1.txt" for part in ("train", "val", "test")),
            "dtd/dtd/images/**/*.jpg",
        ),
        read=dtd,
        counts=(3_760, 1_880),
        fetched=({"split": "train"},),
        mixed=True,
    ),
    "FGVCAircraft": Layout(
        files=(
            "fgvc-aircraft-2013b/data/variants.txt",
            *(f"fgvc-aircraft-2013b/data/images_variant_{s}.txt" for s in ("trainval", "test")),
            "fgvc-aircraft-2013b/data/images/*.jpg",
        ),
        read=aircraft,
        counts=(6_667, 3_333),
        fetched=({"split": "trainval"},),
        mixed=True,
    ),
    "OxfordIIITPet": Layout(
        files=(
            "oxford-iiit-pet/annotations/trainval.txt",
            "oxford-iiit-pet/annotations/test.txt",
            "oxford-iiit-pet/images/*.jpg",
        ),
        read=pets,
        counts=(3_680, 3_669),
        fetched=({"split": "trainval"},),
        mixed=True,
    ),
    "Country211": _folders("country211", "train", "test", (31_650, 21_100)),
    "RenderedSST2": _folders("rendered-sst2", "train", "test", (6_920, 1_821)),
    "Imagenette": _folders("imagenette2", "train", "val", (9_469, 3_925)),
}
OTHERWISE = {
    "CIFAR10": "dataset: cifar10",
    "CIFAR100": "dataset: cifar100",
}
"""Sets whose files of torchvision's are pickles, which run code when they are opened."""


def of_folder(folder: str) -> Layout:
    """Return the layout of a folder of one's own, as `image_folder` has it."""
    return _folders(folder, "train", "test", (0, 0))
