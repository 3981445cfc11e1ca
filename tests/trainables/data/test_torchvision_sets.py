"""torchvision's sets, each from small files in the layout that torchvision leaves behind."""

from __future__ import annotations

import bz2
import struct
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_cases import encode, pixels
from PIL import Image
from scipy.io import savemat

from incay.study.spec.settings import build_trial
from incay.trainables.data import DataError
from incay.trainables.data.published.resizing import Sizing
from incay.trainables.data.published.sets import LAYOUTS
from incay.trainables.data.torchvision import FOLDER, TorchvisionDatasetSettings

Sizes = list[tuple[int, int]]


def settings(name: str, **values: Any) -> TorchvisionDatasetSettings:
    return TorchvisionDatasetSettings(set=name, **values)


def write_array(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_idx(root: Path, begin: str, count: int, first_label: int = 0) -> None:
    write_array(root / f"{begin}-images-idx3-ubyte", pixels(count, count, (28, 28)))
    write_array(root / f"{begin}-labels-idx1-ubyte", np.arange(count) % 3 + first_label)


def write_image(path: Path, seed: int, size: tuple[int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    form = "JPEG" if path.suffix == ".jpg" else "PNG"
    path.write_bytes(encode(pixels(seed, 1, (*size, 3))[0], form))


def size_of(number: int) -> tuple[int, int]:
    return 20 + 3 * number, 40 - 2 * number


def kmnist(root: Path) -> None:
    write_idx(root, "KMNIST/raw/train", 9)
    write_idx(root, "KMNIST/raw/t10k", 6)


def letters(root: Path) -> None:
    write_idx(root, "EMNIST/raw/emnist-letters-train", 9, 1)
    write_idx(root, "EMNIST/raw/emnist-letters-test", 6, 1)


def stl10(root: Path) -> None:
    folder = root / "stl10_binary"
    folder.mkdir()
    for split, count in (("train", 9), ("test", 6)):
        pixels(count, count, (3, 96, 96)).tofile(folder / f"{split}_X.bin")
        (np.arange(count) % 10 + 1).astype(np.uint8).tofile(folder / f"{split}_y.bin")


def usps(root: Path) -> None:
    for name, count in (("usps.bz2", 9), ("usps.t.bz2", 6)):
        lines = [
            f"{number % 10 + 1} "
            + " ".join(f"{i + 1}:{v:.4f}" for i, v in enumerate(row / 127.5 - 1))
            for number, row in enumerate(pixels(count, count, (256,)))
        ]
        (root / name).write_bytes(bz2.compress("\n".join(lines).encode()))


def flowers(root: Path) -> None:
    folder = root / "flowers-102"
    for number in range(1, 16):
        write_image(folder / "jpg" / f"image_{number:05d}.jpg", number, size_of(number % 5))
    savemat(folder / "imagelabels.mat", {"labels": np.arange(15)[None] % 3 + 1})
    parts = {"trnid": np.arange(1, 7), "valid": np.arange(7, 10), "tstid": np.arange(10, 16)}
    savemat(folder / "setid.mat", {name: part[None] for name, part in parts.items()})


def listed(folder: Path, lists: dict[str, list[str]]) -> None:
    for name, lines in lists.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")


CLASSES = ("crow", "gull", "owl")


def by_class(count: int, first: int = 0) -> list[tuple[str, int]]:
    return [(CLASSES[number % 3], first + number) for number in range(count)]


def food(root: Path) -> None:
    folder = root / "food-101"
    lists = {"train": by_class(9), "test": by_class(6, 9)}
    for name, number in (*lists["train"], *lists["test"]):
        write_image(folder / "images" / name / f"{number}.jpg", number, size_of(number % 5))
    listed(
        folder / "meta",
        {
            "classes.txt": list(CLASSES),
            **{f"{split}.txt": [f"{c}/{n}" for c, n in each] for split, each in lists.items()},
        },
    )


def textures(root: Path) -> None:
    folder = root / "dtd" / "dtd"
    lists = {"train": by_class(6), "val": by_class(3, 6), "test": by_class(6, 9)}
    for name, number in (each for part in lists.values() for each in part):
        write_image(folder / "images" / name / f"{number}.jpg", number, size_of(number % 5))
    listed(
        folder / "labels",
        {f"{split}1.txt": [f"{c}/{n}.jpg" for c, n in each] for split, each in lists.items()},
    )


def aircraft(root: Path) -> None:
    folder = root / "fgvc-aircraft-2013b" / "data"
    lists = {"trainval": by_class(9), "test": by_class(6, 9)}
    for _, number in (*lists["trainval"], *lists["test"]):
        write_image(folder / "images" / f"{number:07d}.jpg", number, size_of(number % 5))
    listed(
        folder,
        {
            "variants.txt": list(CLASSES),
            **{
                f"images_variant_{split}.txt": [f"{n:07d} {c}" for c, n in each]
                for split, each in lists.items()
            },
        },
    )


def pets(root: Path) -> None:
    folder = root / "oxford-iiit-pet"
    lists = {"trainval": by_class(9), "test": by_class(6, 9)}
    for name, number in (*lists["trainval"], *lists["test"]):
        write_image(folder / "images" / f"{name}_{number}.jpg", number, size_of(number % 5))
    listed(
        folder / "annotations",
        {
            f"{split}.txt": [f"{c}_{n} {CLASSES.index(c) + 1} 1 1" for c, n in each]
            for split, each in lists.items()
        },
    )


def folders(folder: str, test: str = "test") -> Callable[[Path], None]:
    def write(root: Path) -> None:
        for split, each in (("train", by_class(9)), (test, by_class(6, 9))):
            for name, number in each:
                path = root / folder / split / name / f"{number}.png"
                write_image(path, number, size_of(number % 5))

    return write


WRITERS: dict[str, tuple[Callable[[Path], None], tuple[int, int, int]]] = {
    "KMNIST": (kmnist, (1, 28, 28)),
    "EMNIST-letters": (letters, (1, 28, 28)),
    "STL10": (stl10, (3, 96, 96)),
    "USPS": (usps, (1, 16, 16)),
    "Flowers102": (flowers, (3, 224, 224)),
    "Food101": (food, (3, 224, 224)),
    "DTD": (textures, (3, 224, 224)),
    "FGVCAircraft": (aircraft, (3, 224, 224)),
    "OxfordIIITPet": (pets, (3, 224, 224)),
    "Imagenette": (folders("imagenette2", "val"), (3, 224, 224)),
    FOLDER: (folders("images"), (3, 224, 224)),
}
TREATED_ALIKE = {
    *("SVHN", "MNIST", "FashionMNIST", "Country211", "RenderedSST2"),
    *(name for name in LAYOUTS if name.startswith("EMNIST")),
}
"""Sets that share a reader with one above; SVHN is the case of `test_datasets.py`."""


def test_every_set_is_written_or_like_one_that_is() -> None:
    assert set(WRITERS) | TREATED_ALIKE == {*LAYOUTS, FOLDER}


@pytest.mark.parametrize("name", WRITERS)
def test_a_set_holds_what_was_written(name: str, tmp_path: Path) -> None:
    write, shape = WRITERS[name]
    write(tmp_path)
    dataset = settings(name)
    data = dataset.load(tmp_path)
    assert data.test is not None
    assert (len(data.train.labels), len(data.test.labels)) == (9, 6)
    assert data.image_shape == shape
    kinds = 9 if name in ("STL10", "USPS") else 3
    assert sorted(data.train.labels.tolist()) == sorted(np.arange(9) % kinds)
    told = f"{name} as published has"
    assert any(note.startswith(told) for note in data.notes) == (name != FOLDER)
    before = dataset.content_hash(tmp_path)
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            path.write_bytes(content + b"\n")
            assert dataset.content_hash(tmp_path) != before, path
            path.write_bytes(content)


@pytest.mark.parametrize("name", WRITERS)
def test_a_damaged_file_of_a_set_is_named(name: str, tmp_path: Path) -> None:
    WRITERS[name][0](tmp_path)
    dataset = settings(name)
    for path in sorted(tmp_path.rglob("*.*")):
        if path.is_file():
            content = path.read_bytes()
            path.write_bytes(b"")
            with pytest.raises(DataError, match="must") as caught:
                dataset.load(tmp_path)
            assert path.name in str(caught.value)
            path.write_bytes(content)


def test_pixels_stand_where_torchvision_s_class_has_them(tmp_path: Path) -> None:
    """Held against torchvision's reader, which checks that a file is the published one first."""
    from torchvision.datasets import KMNIST, USPS

    kmnist(tmp_path)
    usps(tmp_path)
    for name, theirs in (("KMNIST", KMNIST), ("USPS", USPS)):
        data, own = settings(name).load(tmp_path), theirs(str(tmp_path), train=True)
        for index in range(9):
            image, label = own[index]
            apart = np.asarray(image).astype(int) - data.train.images[index, 0]
            assert np.abs(apart).max() <= (name == "USPS")  # which they cut off, not round
            assert label == data.train.labels[index]


def test_images_lie_as_they_are_seen(tmp_path: Path) -> None:
    stl10(tmp_path)
    letters(tmp_path)
    raw = np.fromfile(tmp_path / "stl10_binary" / "train_X.bin", np.uint8).reshape(-1, 3, 96, 96)
    seen = settings("STL10").load(tmp_path).train.images
    assert (seen == raw.transpose(0, 1, 3, 2)).all()  # as torchvision has it
    data = settings("EMNIST-letters").load(tmp_path)
    assert (data.train.images[:, 0] == pixels(9, 9, (28, 28)).transpose(0, 2, 1)).all()
    assert data.class_names == ("1", "2", "3")


@pytest.mark.parametrize(
    ("resize", "crop", "size"),
    [
        (10, None, (10, 20)),
        ((7, 9), None, (7, 9)),
        (10, 8, (8, 8)),
        (None, (12, 30), (12, 30)),
        (None, None, (20, 40)),
    ],
)
def test_sizes_are_torchvision_s(resize: Any, crop: Any, size: tuple[int, int]) -> None:
    from torchvision.transforms import CenterCrop, Compose, Resize

    image = pixels(0, 1, (20, 40, 3))[0]
    found = Sizing(resize, crop)(image.transpose(2, 0, 1))
    steps = [step for step in (resize and Resize(resize), crop and CenterCrop(crop)) if step]
    expected = np.asarray(Compose(steps)(Image.fromarray(image))) if steps else image
    assert found.shape == (3, *size)
    assert (found == expected.transpose(2, 0, 1)).all()


def test_a_folder_of_mixed_sizes_needs_no_preparation(tmp_path: Path) -> None:
    folders("birds")(tmp_path)
    data = settings(FOLDER, folder="birds", resize=16, center_crop=12, grey=True).load(tmp_path)
    assert data.image_shape == (1, 12, 12)
    assert data.class_names == CLASSES
    with pytest.raises(DataError, match=r"one size.* set center_crop"):
        settings(FOLDER, folder="birds", resize=16).load(tmp_path)
    with pytest.raises(DataError, match=r"center_crop must be at most.*set a larger resize"):
        settings(FOLDER, folder="birds", resize=16, center_crop=20).load(tmp_path)


def test_damaged_images_are_skipped_and_counted(tmp_path: Path) -> None:
    folders("images")(tmp_path)
    (tmp_path / "images" / "train" / "owl" / "2.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    with pytest.raises(DataError, match=r"2\.png must be a whole image"):
        settings(FOLDER).load(tmp_path)
    data = settings(FOLDER, on_damaged="skip").load(tmp_path)
    assert (len(data.train.labels), data.skipped) == (8, (1, 0))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"set": "SVNH"}, "did you mean 'SVHN'"),
        ({"set": "CIFAR10"}, "use dataset: cifar10"),
        ({"resize": 0}, "resize has sides"),
        ({"center_crop": (4, 0)}, "center_crop has sides"),
        ({"folder": ""}, "folder is not empty"),
        ({"on_damaged": "keep"}, "on_damaged in"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TorchvisionDatasetSettings(**values)


@pytest.mark.parametrize("resize", [None, 32, [32, 24]])
def test_a_study_may_give_one_side_or_two(resize: Any) -> None:
    config = build_trial({"dataset": {"name": "torchvision", "resize": resize}})
    side = config.dataset.resize  # type: ignore[attr-defined]
    assert side == (tuple(resize) if isinstance(resize, list) else resize)


def test_without_a_network_a_set_says_where_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")  # where nobody answers
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of its first use
    with pytest.raises(DataError, match="a mirror of SVHN must be reachable"):
        settings("SVHN").fetch(tmp_path)
    with pytest.raises(DataError, match="cannot be fetched"):
        settings(FOLDER).fetch(tmp_path)
