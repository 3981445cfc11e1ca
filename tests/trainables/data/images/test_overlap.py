"""One set as both splits, and images that occur twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from incay.trainables.data import DataError, datasets
from incay.trainables.data.images.overlap import compare_images
from tests.trainables.data.data_cases import CASES, pixels, write_idx, write_parquet

SAME = "must hold other images than the training split"


@pytest.mark.parametrize("test", ["train", "./train", "linked", "copied", "renamed"])
def test_a_training_folder_is_no_test_folder(test: str, tmp_path: Path) -> None:
    CASES["image_folder"].write(tmp_path)
    images = tmp_path / "images"
    (images / "linked").symlink_to(images / "train")
    shutil.copytree(images / "train", images / "copied")
    shutil.copytree(images / "train", images / "renamed")
    for path in sorted((images / "renamed").rglob("*.PNG")):
        path.rename(path.with_name(f"test-{path.name}"))
    dataset = datasets["image_folder"](test=test, grey=True)  # type: ignore[call-arg]
    for ask in (dataset.load, dataset.content_hash):
        with pytest.raises(DataError, match=SAME):
            ask(tmp_path)


def test_a_training_split_is_no_test_split(tmp_path: Path) -> None:
    dataset = CASES["parquet"].write(tmp_path)
    same = type(dataset)(folder="birds", test_split="train")  # type: ignore[call-arg]
    for ask in (same.load, same.content_hash):
        with pytest.raises(DataError, match="must hold other images"):
            ask(tmp_path)


def test_the_same_rows_in_another_file_are_found(tmp_path: Path) -> None:
    for split in ("train", "test"):
        # Other bytes, the same pixels.
        path = tmp_path / f"parquet/{split}.parquet"
        write_parquet(path, pixels(0, 6, (5, 5)), names=[*"abc"] if split == "train" else None)
    with pytest.raises(DataError, match="each of its 6 images is a training image"):
        datasets["parquet"]().load(tmp_path)


def test_training_images_under_the_name_of_test_images(tmp_path: Path) -> None:
    raw = tmp_path / "mnist" / "raw"
    write_idx(raw)
    for kind in ("images-idx3", "labels-idx1"):
        shutil.copy(raw / f"train-{kind}-ubyte.gz", raw / f"t10k-{kind}-ubyte.gz")
    for ask in (datasets["mnist"]().load, datasets["mnist"]().content_hash):
        with pytest.raises(DataError, match=SAME):
            ask(tmp_path)


def test_images_that_occur_twice_are_told() -> None:
    train = pixels(0, 5, (1, 3, 3))
    train[4] = train[0]
    test = np.concatenate([train[1:2], pixels(1, 2, (1, 3, 3))])
    labels = np.array([0, 1, 1, 0, 1])
    assert compare_images(train, test, labels) == [
        "1 of 3 test images are training images too",
        "1 training images equal another one; 1 images lie in more than one class",
    ]
    assert compare_images(train[:4], test[1:], labels[:4]) == []
