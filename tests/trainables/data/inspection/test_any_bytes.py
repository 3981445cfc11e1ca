"""Any bytes in the place of each format's file: one message or success, quick and small.

``FUZZ_SECONDS=600 python -m tests.trainables.data.inspection.test_any_bytes`` goes on for so long
with random ones.
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
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


def changed(content: bytes, at: int, new: bytes, cut: int) -> bytes:
    """Return content with bytes written over it, and cut off at the end."""
    at %= len(content) + 1
    return (content[:at] + new + content[at + len(new) :])[: len(content) - cut % 3 * cut // 3]


def changes(place: str) -> st.SearchStrategy[bytes]:
    return st.builds(
        changed,
        st.just(whole(place)),
        st.integers(0, 10**6),
        st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4), b"\x7f" * 8]),
        st.integers(0, 200),
    )


def check(place: str, examples: int) -> None:
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.binary(max_size=300) | changes(place) | changes(place))
    def answers(content: bytes) -> None:
        require_answer(place, content)

    answers()


@pytest.mark.parametrize("place", PLACES)
def test_any_bytes_are_answered(place: str) -> None:
    check(place, 10)


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
def test_many_bytes_are_answered(place: str) -> None:
    check(place, 500)


def fuzz(seconds: float, seed: int) -> None:
    """Try random bytes until the time is over, and print what breaks the promise."""
    draw = random.Random(seed)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        place = draw.choice(list(PLACES))
        content = whole(place)
        for _ in range(draw.choice((1, 1, 2, 5, 20))):
            new = draw.choice((draw.randbytes(draw.randint(1, 8)), b"\xff" * 4, bytes(4)))
            content = changed(content, draw.randrange(10**6), new, draw.choice((0, 0, 0, 40)))
        count += 1
        try:
            require_answer(place, content)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            path = Path(tempfile.gettempdir(), f"fuzz-{place.replace(' ', '-')}-{count}")
            path.write_bytes(content)
            print(f"{path}: {type(error).__name__}: {str(error)[:300]}", flush=True)
    print(f"{count:,} tried", flush=True)


if __name__ == "__main__":
    fuzz(float(os.environ["FUZZ_SECONDS"]), int(sys.argv[1]) if len(sys.argv) > 1 else 0)
