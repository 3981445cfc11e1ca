"""Any bytes in the place of each format's file: one message or success, quick and small."""

from __future__ import annotations

import gzip
import resource
import tempfile
import time
from functools import cache, reduce
from pathlib import Path

import pytest
from fuzzing import fixed, tried
from hypothesis import given, settings
from hypothesis import strategies as st

from incay.trainables.data import DataError, DatasetSettings
from incay.trainables.data.inspection.beside import all_unread
from incay.trainables.data.status import verify
from tests.trainables.data.data_cases import CASES, encode, pixels

IDX_IMAGES, IDX_LABELS = "mnist/raw/train-images-idx3-ubyte", "mnist/raw/train-labels-idx1-ubyte"
IMAGE = "images/train/owl/0.PNG"
PLACES = {
    "idx": ("mnist", f"{IDX_IMAGES}.gz", IDX_IMAGES),
    "idx gz": ("mnist", f"{IDX_IMAGES}.gz", f"{IDX_IMAGES}.gz"),
    "idx labels": ("mnist", f"{IDX_LABELS}.gz", f"{IDX_LABELS}.gz"),
    "cifar binary": ("cifar100", "cifar100/cifar-100-binary/train.bin", ""),
    "cifar parquet": ("cifar10", "cifar10/train-00000-of-00001.parquet", ""),
    "parquet": ("parquet", "birds/data/train-00000-of-00002.parquet", ""),
    "png": ("image_folder", IMAGE, IMAGE),
    "jpeg": ("image_folder", IMAGE, "images/train/owl/0.jpg"),
    "tiff": ("image_folder", IMAGE, "images/train/owl/0.tif"),
    "gif": ("image_folder", IMAGE, "images/train/owl/0.gif"),
    "webp": ("image_folder", IMAGE, "images/train/owl/0.webp"),
    "bmp": ("image_folder", IMAGE, "images/train/owl/0.bmp"),
    "ppm": ("image_folder", IMAGE, "images/train/owl/0.ppm"),
    "pairs": ("faces", "faces/pairs.txt", ""),
    "people": ("orl_faces", "orl_faces/train_people.txt", ""),
}
"""A set, its file whose place is taken, and by the file of which name (empty: the same)."""
FORMS = {"jpeg": "JPEG", "tiff": "TIFF", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "ppm": "PPM"}


@cache
def whole(place: str) -> bytes:
    """Return a whole file of the kind."""
    if place in FORMS:
        return encode(pixels(0, 1, (9, 8))[0], FORMS[place])
    with tempfile.TemporaryDirectory() as folder:
        CASES[PLACES[place][0]].write(Path(folder))
        content = (Path(folder) / PLACES[place][1]).read_bytes()
    return gzip.decompress(content) if place == "idx" else content


@cache
def _set(place: str) -> tuple[DatasetSettings, Path]:
    """Return a whole set and its data root, kept until the process ends."""
    folder = tempfile.TemporaryDirectory()
    _FOLDERS.append(folder)
    return CASES[PLACES[place][0]].write(Path(folder.name)), Path(folder.name)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def require_answer(place: str, content: bytes) -> None:
    """Read a set with these bytes in a file's place: a `DataError` that can be shown, or none."""
    _, file, instead = PLACES[place]
    dataset, root = _set(place)
    (root / file).unlink(missing_ok=True)
    (root / (instead or file)).write_bytes(content)
    began = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for ask in (verify, lambda *which: list(all_unread(*which))):
        try:
            ask(dataset, root)
        except DataError as error:
            text = str(error)
            assert "must" in text
            assert "object at" not in text
            assert text.replace("\n", "").isprintable(), text
            assert len(text) < 2000 + 4 * len(str(root)), text
    assert time.process_time() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def changed(content: bytes, change: tuple[int, bytes]) -> bytes:
    """Return content with bytes written over it."""
    at, new = change[0] % (len(content) + 1), change[1]
    return content[:at] + new + content[at + len(new) :]


def changes(place: str) -> st.SearchStrategy[bytes]:
    new = st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f" * 8])
    change = st.tuples(st.integers(0, 10**6), new)
    return st.builds(
        lambda several, cut: reduce(changed, several, whole(place))[: -cut or None],
        st.lists(change, min_size=1, max_size=20),
        st.just(0) | st.integers(0, 400),
    )


ANY = {place: st.binary(max_size=300) | changes(place) | changes(place) for place in PLACES}


@pytest.mark.parametrize("place", PLACES)
@settings(fixed, max_examples=10)
@given(data=st.data())
def test_any_bytes_are_answered(place: str, data: st.DataObject) -> None:
    require_answer(place, data.draw(ANY[place]))


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
@tried(500, share=1 / len(PLACES))
@given(data=st.data())
def test_many_bytes_are_answered(place: str, data: st.DataObject) -> None:
    require_answer(place, data.draw(ANY[place]))
