"""What may lie in folders of images: subfolders, links, odd files, odd names."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from data_cases import CASES, encode, pixels
from PIL import Image

from incay.trainables.data import DataError, datasets
from incay.trainables.data.images.damage import DamageError
from incay.trainables.data.images.folders import images_by_class, look_alikes


@pytest.fixture
def train(tmp_path: Path) -> Path:
    """The training folder of two classes of four images of 9×8."""
    CASES["image_folder"].write(tmp_path)
    return tmp_path / "images" / "train"


def image(seed: int) -> bytes:
    return encode(pixels(seed, 1, (9, 8))[0])


def load(train: Path) -> object:
    return datasets["image_folder"](grey=True).load(train.parent.parent)  # type: ignore[call-arg]


def problems(train: Path) -> list[str]:
    with pytest.raises(DamageError) as caught:
        load(train)
    return [problem.text for problem in caught.value.problems]


def test_subfolders_belong_to_their_class_as_torchvision_has_it(train: Path) -> None:
    import torchvision

    (train / "owl" / "more" / "still").mkdir(parents=True)
    (train / "owl" / "a").mkdir()
    for seed, place in enumerate(("more/1.png", "more/still/0.png", "a/z.png", "more/0.tiff")):
        path = train / "owl" / place
        Image.fromarray(pixels(100 + seed, 1, (9, 8))[0]).save(path)
    theirs = torchvision.datasets.ImageFolder(str(train))
    data = load(train)
    assert list(data.class_names) == theirs.classes  # type: ignore[attr-defined]
    split = data.train  # type: ignore[attr-defined]
    assert split.labels.tolist() == [label for _, label in theirs.samples]
    for ours, (path, _) in zip(split.images, theirs.samples, strict=True):
        np.testing.assert_array_equal(ours[0], np.asarray(Image.open(path)))


def test_tiff_and_gif_count_as_images(train: Path) -> None:
    for index, ending in enumerate(("tiff", "TIF", "gif")):
        Image.fromarray(pixels(50 + index, 1, (9, 8))[0]).save(train / "owl" / f"x.{ending}")
    assert len(images_by_class(train).classes["owl"]) == 7


@pytest.mark.parametrize("name", ["photo.heic", "photo.jp2", "photo", "photo.dat"])
def test_images_that_are_not_read_are_named(train: Path, name: str) -> None:
    (train / "owl" / name).write_bytes(image(0))
    (found,) = problems(train)
    assert name in found
    assert "is an image that is not read" in found


def test_other_files_are_told(train: Path) -> None:
    (train / "README").write_text("of the set")
    (train / "owl" / "._0.png").write_bytes(b"\0\5\x16\7")
    (train / ".cache").mkdir()
    (note,) = load(train).notes  # type: ignore[attr-defined]
    assert note.startswith("passed over, because not images: ")
    assert note.endswith("and 6 more")


def test_images_of_no_class_are_named(train: Path) -> None:
    (train / "lost.png").write_bytes(image(0))
    (train / "owl" / ".ipynb_checkpoints").mkdir()
    (train / "owl" / ".ipynb_checkpoints" / "0.png").write_bytes(image(1))
    found = problems(train)
    assert len(found) == 2
    assert any("lost.png must lie in the folder of its class" in text for text in found)
    assert any(".ipynb_checkpoints is hidden and must hold no images" in text for text in found)


def test_what_is_no_file_is_never_opened(train: Path) -> None:
    os.mkfifo(train / "owl" / "pipe.png")
    os.mkfifo(train / "pipe")
    (train / "owl" / "gone.png").symlink_to(train / "nowhere.png")
    (train / "owl" / "ring.png").symlink_to("ring.png")
    with socket.socket(socket.AF_UNIX) as opened:
        here = Path.cwd()
        os.chdir(train / "owl")  # a socket's path takes 107 bytes
        opened.bind("plug.png")
        os.chdir(here)
    found = problems(train)
    assert len(found) == 5
    assert sum("must be a regular file, but is a pipe" in text for text in found) == 2
    assert sum("must be a regular file, but is a socket" in text for text in found) == 1
    assert sum("must be a file or a link to one" in text for text in found) == 2


def test_a_link_in_a_ring_ends(train: Path) -> None:
    (train / "owl" / "again").symlink_to(train / "owl")
    (train / "owl" / "above").symlink_to(train)
    found = problems(train)
    assert len(found) == 2
    assert all("must not be a link to a folder that it lies in" in text for text in found)


def test_linked_folders_are_followed(train: Path, tmp_path: Path) -> None:
    shutil.move(train / "owl", tmp_path / "elsewhere")
    (train / "owl").symlink_to(tmp_path / "elsewhere")
    assert len(images_by_class(train).classes["owl"]) == 4


def test_a_class_under_two_names_is_told(train: Path) -> None:
    (train / "owl2").symlink_to(train / "owl")
    notes = load(train).notes  # type: ignore[attr-defined]
    assert any("4 images lie in more than one class" in note for note in notes)


def test_names_that_are_not_utf8_are_named(train: Path) -> None:
    for place in (b"owl/caf\xe9.png", b"gr\xfcn/0.png"):
        path = train / os.fsdecode(place)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(image(7))
    found = problems(train)
    assert len(found) == 2
    assert any(r"must have a name in UTF-8, but has b'caf\xe9.png'" in text for text in found)
    assert any(r"must be UTF-8 that can be printed, but" in text for text in found)
    assert all(text.isprintable() for text in found)


@pytest.mark.parametrize(
    ("first", "second"),
    [("caf\u00e9", "cafe\u0301"), ("owl s", "owl  s"), ("owl", "owl "), ("owl", "o\u200bwl")],
)
def test_classes_that_look_alike_are_named(train: Path, first: str, second: str) -> None:
    assert list(look_alikes((first, second))) == [(first, second)]
    for number, name in enumerate((first, second)):
        (train / name).mkdir(exist_ok=True)
        (train / name / "9.png").write_bytes(image(20 + number))
    assert any("names of classes must not look alike" in text for text in problems(train))


def test_case_tells_classes_apart() -> None:
    assert list(look_alikes(("a", "A", "α", "b"))) == []


def test_a_test_class_that_only_looks_like_a_training_class(train: Path) -> None:
    test = train.parent / "test"
    (train / "owl").rename(train / "caf\u00e9")
    (test / "owl").rename(test / "cafe\u0301")
    (found,) = problems(train)
    assert r"'cafe\u0301', which looks like 'caf\xe9', is not" in found


def test_a_class_without_images_is_named(train: Path) -> None:
    (train / "wren").mkdir()
    with pytest.raises(DataError, match=r"wren must have an image"):
        load(train)


def test_a_file_that_no_image_fills_is_not_read(train: Path) -> None:
    with (train / "owl" / "0.PNG").open("ab") as file:
        file.truncate(10**12)
    (found,) = problems(train)
    assert "0.PNG must have at most 410 MB (INCAY_MAX_PIXELS raises it), but has 1,000,000" in found


def test_folders_in_one_another_without_end_are_refused(train: Path) -> None:
    (train / "owl" / "/".join("d" * 150)).mkdir(parents=True)
    assert "must have folders at most 100 deep, but has deeper ones in 'owl'" in problems(train)[0]
