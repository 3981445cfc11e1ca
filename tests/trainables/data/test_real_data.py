"""The real files, where there are any: counts, classes, pixels and the protocol."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from benchmarks.raw_pixels import raw_pixels
from incay.trainables.data import datasets
from incay.trainables.data.base import DatasetSettings, ImageData
from incay.trainables.data.idx import IDXSettings
from incay.trainables.data.status import status, verify
from incay.trainables.faces.verification import FaceResult, FaceVerification

MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def load(name: str, root: Path) -> tuple[DatasetSettings, ImageData]:
    dataset = datasets[name]()
    found = status(dataset, root)
    if not found.found:
        pytest.skip(found.problem)
    return dataset, dataset.load(root)


def test_mnist(data_root: Path) -> None:
    dataset, data = load("mnist", data_root)
    content = verify(dataset, data_root)
    assert content.warnings == ()
    assert (content.train_count, content.test_count) == (60_000, 10_000)
    assert data.test is not None
    counts = np.bincount(data.train.labels)
    assert (counts.min(), counts.max()) == (5421, 6742)  # of digits 5 and 1
    assert data.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert data.train.images.mean() == pytest.approx(255 * 0.1307, abs=0.02)


def test_mnist_is_the_published_one(data_root: Path) -> None:
    dataset, _ = load("mnist", data_root)
    assert isinstance(dataset, IDXSettings)
    for path in dataset.paths(data_root):
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
        assert hashlib.md5(plain).hexdigest() == MNIST_MD5[path.name.removesuffix(".gz")]


@pytest.mark.long
def test_cifar10(data_root: Path) -> None:
    dataset, data = load("cifar10", data_root)
    content = verify(dataset, data_root)
    assert content.warnings == ()
    assert (content.train_count, content.test_count) == (50_000, 10_000)
    assert content.image_shape == (3, 32, 32)
    assert data.test is not None
    assert np.bincount(data.train.labels).tolist() == [5000] * 10
    assert np.bincount(data.test.labels).tolist() == [1000] * 10
    # The published set's channel means; a quality-75 JPEG hardly moves them.
    means = data.train.images.mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=0.003)


def test_orl_faces(data_root: Path) -> None:
    dataset, data = load("orl_faces", data_root)
    content = verify(dataset, data_root)
    assert (content.train_count, content.test_count, content.num_classes) == (300, 100, 30)
    assert content.image_shape == (3, 112, 96)
    assert np.bincount(data.train.labels).tolist() == [10] * 30
    faces = data.verification
    assert isinstance(faces, FaceVerification)
    assert len(faces.same) == 800
    folder = data_root / "orl_faces"
    tested = set((folder / "test_people.txt").read_text().split())
    assert len(tested) == 10
    assert not tested & set(data.class_names)
    # The images are grey: all channels are equal.
    assert (data.train.images[:, 0] == data.train.images[:, 2]).all()


def test_raw_pixels_tell_orl_faces_apart_better_than_chance(data_root: Path) -> None:
    dataset, _ = load("orl_faces", data_root)
    small = type(dataset)(size=(28, 24))  # type: ignore[call-arg]
    faces = small.load(data_root).verification
    assert isinstance(faces, FaceVerification)
    result = faces.evaluate(raw_pixels)
    assert isinstance(result, FaceResult)
    assert 5.0 < result.metrics()["error"] < 15.0
