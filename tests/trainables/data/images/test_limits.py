"""What a few bytes may claim: images of too many pixels, sizes that nobody trains on."""

from __future__ import annotations

import io
import resource
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from incay.trainables.data import DataError, datasets
from incay.trainables.data.images.damage import DamageError
from incay.trainables.data.images.decode import EncodedImage, PixelFormat, decode_all
from tests.trainables.data.data_cases import CASES, encode, pixels

SIDE = 65_500


def claim(form: str, height: int = SIDE, width: int = SIDE) -> bytes:
    """Return some hundred bytes that claim to be a huge image."""
    small = encode(pixels(0, 1, (8, 8))[0], form)
    if form == "PNG":
        chunk = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
        return small[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + small[33:]
    if form == "JPEG":
        at = small.index(b"\xff\xc0") + 5
        return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]
    if form == "GIF":
        return small[:6] + struct.pack("<HH", width, height) + small[10:]
    if form == "BMP":
        return small[:18] + struct.pack("<ii", width, height) + small[26:]
    if form == "PPM":
        return b"P5 %d %d 255\n" % (width, height) + small[-64:]
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "TIFF")
    return (
        buffer.getvalue()
        .replace(struct.pack("<HHII", 256, 4, 1, 8), struct.pack("<HHII", 256, 4, 1, width))
        .replace(struct.pack("<HHII", 257, 4, 1, 8), struct.pack("<HHII", 257, 4, 1, height))
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF"])
def test_an_image_that_claims_too_much_is_refused(form: str) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    images = [EncodedImage("one", encode(pixels(0, 1, (8, 8))[0])), EncodedImage("it", claim(form))]
    (problem,) = decode_all(images, PixelFormat(size=(8, 8))).problems
    assert "it: it must have at most 50,000,000 pixels (INCAY_MAX_PIXELS raises it)" in problem.text
    assert f"{SIDE}×{SIDE}" in problem.text
    assert not problem.skippable  # what a machine allows must not decide what the set is
    assert time.monotonic() - began < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


def test_the_limit_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    image = [EncodedImage("it", encode(np.zeros((20, 20), np.uint8)))]
    monkeypatch.setenv("INCAY_MAX_PIXELS", "399")
    assert decode_all(image, PixelFormat()).problems
    monkeypatch.setenv("INCAY_MAX_PIXELS", "400")
    assert not decode_all(image, PixelFormat()).problems
    monkeypatch.setenv("INCAY_MAX_PIXELS", "many")
    with pytest.raises(DataError, match="INCAY_MAX_PIXELS must be a whole number"):
        decode_all(image, PixelFormat())


def test_raised_beyond_what_pillow_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCAY_MAX_PIXELS", str(10**12))
    before = Image.MAX_IMAGE_PIXELS
    (problem,) = decode_all([EncodedImage("it", claim("PPM"))], PixelFormat(size=(8, 8))).problems
    assert "it must be a whole image" in problem.text
    assert "it is damaged" in problem.text
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("name", ["image_folder", "parquet", "faces", "orl_faces"])
@pytest.mark.parametrize("size", [(10**6, 10**6), (10**9, 1), (4097, 4096)])
def test_a_size_that_nobody_trains_on_is_refused(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="size must have at most 16,777,216 pixels"):
        datasets[name](size=size)  # type: ignore[call-arg]


def test_what_fits_no_memory_is_refused_before_anything_is_decoded() -> None:
    images = [EncodedImage("it", b"never looked at")] * 10**6
    with pytest.raises(DataError, match=r"1,000,000 decoded images need 46875\.0 GiB"):
        decode_all(images, PixelFormat(size=(4096, 4096)))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("0.PNG", b"", "it is empty"),
        ("0.PNG", b"not an image", "it begins as none of them does"),
        ("0.PNG", encode(pixels(0, 1, (9, 8))[0], "GIF"), "its name ends in .gif"),
        ("0.PNG", encode(pixels(0, 1, (9, 8))[0], "TIFF"), "its name ends in .tif or .tiff"),
        ("0.gif", encode(pixels(0, 1, (9, 8))[0], "GIF")[:20], "it begins as GIF does, but is"),
        ("0.PNG", encode(pixels(0, 1, (9, 8))[0])[:20], "it is damaged (Truncated File Read)"),
        ("0.PNG", encode(pixels(0, 1, (9, 8))[0])[:-40], "it is damaged ("),
        ("0.PNG", b"\0\0\0\x1cftypheic" + bytes(30), "it is HEIC, AVIF or a film, which is not"),
        ("0.PNG", b"8BPS" + bytes(30), "it is PSD, which is not read"),
    ],
)
def test_damage_is_said_in_our_words(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    CASES["image_folder"].write(tmp_path)
    path = tmp_path / "images" / "train" / "owl" / "0.PNG"
    path.unlink()
    path.with_name(name).write_bytes(content)
    with pytest.raises(DamageError) as caught:
        datasets["image_folder"](grey=True).load(tmp_path)  # type: ignore[call-arg]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "object at" not in str(caught.value)
    for image in (EncodedImage("row", content), EncodedImage("row", content + b"\0")):
        for problem in decode_all([image], PixelFormat()).problems:
            assert "object at" not in problem.text
