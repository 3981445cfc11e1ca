"""IDX files: plain and zipped, and what is refused."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import torchvision
from data_cases import write_idx

from incay.trainables.data import DataError, datasets
from incay.trainables.data.idx import read_idx


def content(*shape: int, kind: int = 8) -> bytes:
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)
    return header + bytes(range(int(np.prod(shape))))


@pytest.mark.parametrize("zipped", [True, False])
def test_reads_the_array(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / ("array.gz" if zipped else "array")
    path.write_bytes(gzip.compress(content(2, 3, 4)) if zipped else content(2, 3, 4))
    np.testing.assert_array_equal(read_idx(path), np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "must begin with the IDX magic number"),
        (b"\x89PNG", "must begin with the IDX magic number"),
        (content(2, 2, kind=0x0D), "for unsigned bytes"),
        (content(2, 3)[:9], "must have a header of 12 bytes, but ends after 9"),
        (content(2, 3)[:-1], "it is truncated"),
        (content(2, 3) + b"\0", "it is too long"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "array"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "array.gz"
    path.write_bytes(gzip.compress(content(2, 3))[:-6])
    with pytest.raises(DataError, match=r"array\.gz must be a readable IDX file"):
        read_idx(path)


def test_labels_and_images_must_be_as_many(tmp_path: Path) -> None:
    write_idx(tmp_path / "mnist", zipped=False)
    path = tmp_path / "mnist" / "train-labels-idx1-ubyte"
    path.write_bytes(content(5))
    with pytest.raises(DataError, match="one label per image, but got 20 images"):
        datasets["mnist"]().load(tmp_path)


def test_fetching_leaves_the_files_where_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(root: str, *, download: bool) -> None:
        assert download
        write_idx(Path(root) / "MNIST" / "raw")

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    dataset = datasets["mnist"]()
    dataset.fetch(tmp_path)
    dataset.load(tmp_path)


def test_fetching_without_a_network_says_how_to_obtain_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(root: str, *, download: bool) -> None:
        raise RuntimeError("no route")

    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", refuse)
    dataset = datasets["fashion_mnist"]()
    with pytest.raises(DataError, match="must be reachable, but: no route") as caught:
        dataset.fetch(tmp_path)
    assert dataset.how_to_obtain in str(caught.value)
