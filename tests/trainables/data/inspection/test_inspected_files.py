"""What stands in the place of a set's files is looked at before it is hashed or unpacked."""

from __future__ import annotations

import gzip
import os
import re
import resource
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from in_process import incay

from incay.study.planning.data_catalog import DataCatalog
from incay.trainables.data import DataError, datasets
from incay.trainables.data.inspection.beside import all_unread
from incay.trainables.data.status import status, verify
from tests.trainables.data.data_cases import CASES

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


@contextmanager
def small() -> Iterator[None]:
    """Hold what is done to a second and 300 MB."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def refusal(name: str, root: Path) -> str:
    """Return what `incay data verify` says of a set: plans and runs say the same."""
    dataset = datasets[name]()
    with small():
        with pytest.raises(DataError) as caught:
            verify(dataset, root)
        with pytest.raises(DataError) as again:
            DataCatalog(root).load(dataset)
        assert str(again.value) == str(caught.value)
        # Without decoding, what is damaged within may pass; nothing may break.
        assert status(dataset, root).problem in ("", str(caught.value))
    assert "object at" not in str(caught.value)
    return str(caught.value)


def idx(*shape: int, content: bytes = b"") -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(), "must have 3 dimensions, but its header has 0"),
        (idx(20, 28), "must have 3 dimensions, but its header has 2"),
        (idx(*[1] * 255), "must have 3 dimensions, but its header has 255"),
        (idx(0, 28, 28), r"must have sides of 1 or more, but its header has the shape \(0, 28, 28"),
        (idx(2**32 - 1, 2**32 - 1, 2**32 - 1), r"at most 256 MB \(INCAY_MAX_UNPACKED_MB raises it"),
        (idx(10**6, 28, 28), r"must hold at most 256 MB .* which is 784 MB"),
        (idx(20, 28, 28, content=bytes(10**8)), "holds more: it is too long"),
        (idx(20, 28, 28), "holds 16: it is truncated"),
        (idx(20, 28, 28)[:9], "must have a header of 16 bytes, but ends after 9"),
        (b"\0\0\x08", "must begin with the IDX magic number"),
        (b"\0\0\x0d\x03", "must begin with the IDX magic number"),
    ],
)
def test_heads_that_claim_anything(content: bytes, message: str, tmp_path: Path) -> None:
    CASES["mnist"].write(tmp_path)
    path = tmp_path / "mnist" / "raw" / IMAGES
    path.write_bytes(gzip.compress(content, 1))
    del content
    assert re.search(message, refusal("mnist", tmp_path))


def test_labels_have_one_dimension(tmp_path: Path) -> None:
    CASES["mnist"].write(tmp_path)
    (tmp_path / "mnist" / "raw" / LABELS).write_bytes(gzip.compress(idx(20, 1, content=bytes(20))))
    assert "must have 1 dimension, but its header has 2" in refusal("mnist", tmp_path)


def test_the_limit_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = CASES["mnist"].write(tmp_path)
    (tmp_path / "mnist" / "raw" / IMAGES).write_bytes(
        gzip.compress(idx(20, 400, 400, content=bytes(20 * 400 * 400)))
    )
    monkeypatch.setenv("INCAY_MAX_UNPACKED_MB", "2")
    with pytest.raises(DataError, match="at most 2 MB"):
        verify(dataset, tmp_path)
    monkeypatch.setenv("INCAY_MAX_UNPACKED_MB", "4")
    with pytest.raises(DataError, match="test images must have the training images' shape"):
        verify(dataset, tmp_path)


FILES = {
    "mnist": f"mnist/raw/{IMAGES}",
    "fashion_mnist": "fashion_mnist",
    "cifar100": "cifar100/cifar-100-binary/train.bin",
    "cifar10": "cifar10/train-00000-of-00001.parquet",
    "parquet": "parquet/train.parquet",
    "faces": "faces/pairs.txt",
    "image_folder": "images/train/owl/0.PNG",
}


@pytest.mark.parametrize("what", ["pipe", "zero", "folder", "nothing", "sparse", "empty", "random"])
@pytest.mark.parametrize("name", sorted(set(FILES) - {"fashion_mnist"}))
def test_whatever_stands_in_a_files_place(name: str, what: str, tmp_path: Path) -> None:
    CASES[name].write(tmp_path)
    path = tmp_path / FILES[name]
    if name == "parquet":
        (tmp_path / "birds" / "data").rename(tmp_path / "parquet")
        for shard in (tmp_path / "parquet").glob("train-*"):
            shard.unlink()
    path.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "zero":
        path.symlink_to("/dev/zero")
    elif what == "folder":
        path.mkdir()
    elif what == "nothing":
        path.symlink_to(tmp_path / "nowhere")
    elif what == "sparse":
        with path.open("wb") as file:
            file.truncate(10**12)
    elif what == "empty":
        path.touch()
    else:
        path.write_bytes(os.urandom(5000))
    if name == "image_folder" and what == "folder":
        return  # a folder in a class's folder is one of more images
    assert path.name in refusal(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"), [("image_folder", "images/train/owl"), ("faces", "faces/train/Ann")]
)
def test_a_link_that_leads_above_the_images_is_not_followed(
    name: str, folder: str, tmp_path: Path
) -> None:
    dataset = CASES[name].write(tmp_path)
    for deep in ("", "more"):
        link = tmp_path / folder / deep / "all"
        link.parent.mkdir(exist_ok=True)
        link.symlink_to("/")
        assert f"{link} must not be a link to a folder that" in refusal(name, tmp_path)
        with small():
            assert not [line for line in all_unread(dataset, tmp_path) if f"{link}/" in line]
        link.unlink()


def test_a_link_to_images_elsewhere_is_followed(tmp_path: Path) -> None:
    dataset = CASES["image_folder"].write(tmp_path / "data")
    owl = tmp_path / "data" / "images" / "train" / "owl"
    owl.rename(tmp_path / "elsewhere")
    owl.symlink_to(tmp_path / "elsewhere")
    assert verify(dataset, tmp_path / "data").train_count == 8


def rows(root: Path, **columns: pa.Array) -> None:
    CASES["parquet"].write(root)
    (root / "birds" / "data").rename(root / "parquet")
    for path in (root / "parquet").glob("train-*"):
        path.unlink()
    table = pa.Table.from_arrays(list(columns.values()), [name.rstrip("_") for name in columns])
    pq.write_table(table, root / "parquet" / "train.parquet")


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    rows(tmp_path, image=pa.nulls(3, IMAGE), label=pa.array([0, 1, 0]), label_=pa.array([1, 0, 1]))
    assert "must have one column 'label', but has 2" in refusal("parquet", tmp_path)
    rows_of_others = pa.array([0, 1, 0])
    rows(
        tmp_path / "b",
        image=pa.nulls(3, IMAGE),
        label=rows_of_others,
        note=rows_of_others,
        note_=rows_of_others,
    )
    assert "must hold an image's bytes" in refusal("parquet", tmp_path / "b")


def test_more_rows_than_a_file_of_that_size_can_hold(tmp_path: Path) -> None:
    count = 1_000_001
    rows(tmp_path, image=pa.nulls(count, IMAGE), label=pa.array(np.zeros(count, np.int64)))
    assert re.search(
        r"must hold at most 1,000,000 rows \(INCAY_MAX_UNPACKED_MB raises it\), but has 1,000,001",
        refusal("parquet", tmp_path),
    )


def test_of_very_much_that_is_damaged_the_first_is_named(tmp_path: Path) -> None:
    rows(tmp_path, image=pa.nulls(1_005, IMAGE), label=pa.array(np.arange(1_005)))
    done = incay("data", "verify", "parquet", "--data-root", str(tmp_path))
    assert done.code == 2
    assert done.err.startswith("incay: 1,005 things are damaged or odd")
    assert done.err.count("must hold an image's bytes") == 1_000
    assert done.err.endswith("\n  and 5 more\n")
