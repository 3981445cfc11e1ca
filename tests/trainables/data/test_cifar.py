"""CIFAR's binary version: bytes in the right place, and how it is fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torchvision
from data_cases import CASES, pixels

from incay.trainables.data import DataError, datasets
from incay.trainables.data.cifar100 import CIFAR100Settings


def write_binary(folder: Path, count: int = 3) -> dict[str, np.ndarray]:
    """Write CIFAR-10's six files; return each file's images as (count, 3, 32, 32)."""
    folder.mkdir(parents=True)
    images = {}
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]
    for index, name in enumerate(names):
        images[name] = pixels(index, count, (3, 32, 32))
        labels = np.full((count, 1), index, np.uint8)
        records = np.concatenate([labels, images[name].reshape(count, -1)], axis=1)
        (folder / name).write_bytes(records.tobytes())
    return images


@pytest.mark.parametrize("parent", [".", "cifar10"])
def test_cifar10_binary(tmp_path: Path, parent: str) -> None:
    images = write_binary(tmp_path / parent / "cifar-10-batches-bin")
    data = datasets["cifar10"]().load(tmp_path)
    assert data.test is not None
    np.testing.assert_array_equal(data.train.labels, np.repeat(np.arange(5), 3))
    np.testing.assert_array_equal(data.train.images[6:9], images["data_batch_3.bin"])
    np.testing.assert_array_equal(data.test.images, images["test_batch.bin"])
    assert data.train.images.flags.c_contiguous


def test_cifar100_has_the_fine_label(tmp_path: Path) -> None:
    data = CASES["cifar100"].write(tmp_path).load(tmp_path)
    assert data.train.labels.tolist() == [index % 100 for index in range(90, 111)]
    assert (data.class_names[0], data.class_names[99]) == ("apple", "worm")


def test_a_missing_batch_means_the_set_is_not_there(tmp_path: Path) -> None:
    write_binary(tmp_path / "cifar-10-batches-bin")
    (tmp_path / "cifar-10-batches-bin" / "data_batch_4.bin").unlink()
    with pytest.raises(DataError, match=r"must have train-.*or cifar-10-batches-bin"):
        datasets["cifar10"]().load(tmp_path)


def test_a_label_outside_the_classes_is_refused(tmp_path: Path) -> None:
    write_binary(tmp_path / "cifar-10-batches-bin")
    path = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    path.write_bytes(b"\x0b" + path.read_bytes()[1:])
    with pytest.raises(DataError, match=r"test labels must lie in \[0, 10\)"):
        datasets["cifar10"]().load(tmp_path)


def test_cifar100_has_100_class_names() -> None:
    names = CIFAR100Settings.class_names
    assert len(names) == len(set(names)) == 100
    assert list(names) == sorted(names)


def test_fetching_asks_for_the_published_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def download(url: str, folder: str, *, md5: str, remove_finished: bool) -> None:
        asked.update(url=url, md5=md5)
        write_binary(Path(folder) / "cifar-10-batches-bin")

    monkeypatch.setattr(torchvision.datasets.utils, "download_and_extract_archive", download)
    dataset = datasets["cifar10"]()
    dataset.fetch(tmp_path)
    assert asked["url"].endswith("/cifar-10-binary.tar.gz")
    assert asked["md5"] == "c32a1d4ab5d03f1284b67883e8d87530"
    dataset.load(tmp_path)


def test_fetching_without_a_network_says_how_to_obtain_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(torchvision.datasets.utils, "download_and_extract_archive", refuse)
    dataset = datasets["cifar100"]()
    with pytest.raises(DataError, match="must be reachable, but: no route") as caught:
        dataset.fetch(tmp_path)
    assert dataset.how_to_obtain in str(caught.value)
