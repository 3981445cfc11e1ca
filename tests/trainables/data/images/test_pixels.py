"""One image to 8 bits: 16 bits, orientation, transparency, frames and formats."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from incay.trainables.data.images.pixels import (
    ORIENTED,
    SIXTEEN_BITS,
    TRANSPARENT,
    Pixels,
    decode_one,
)

LEVELS = np.arange(60, dtype=np.uint16).reshape(6, 10)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def grey(content: bytes) -> Pixels:
    return decode_one(content, grey=True)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_keep_every_level_of_eight(form: str) -> None:
    image = Image.fromarray(LEVELS * 257)
    if form == "PPM":
        image = image.convert("I")  # which Pillow writes as a PGM of 16 bits
    pixels = grey(encoded(image, form))
    np.testing.assert_array_equal(pixels.array[0], LEVELS)
    assert pixels.done == (SIXTEEN_BITS,)


def test_sixteen_bits_of_a_tiff_whose_white_is_zero_are_turned_over() -> None:
    content = encoded(Image.fromarray(LEVELS * 257), "TIFF", tiffinfo={262: 0})
    np.testing.assert_array_equal(grey(content).array[0], 255 - LEVELS)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_thirty_two_bits_have_no_range_and_are_refused(kind: type) -> None:
    content = encoded(Image.fromarray(LEVELS.astype(kind)), "TIFF")
    with pytest.raises(ValueError, match="must have 8 or 16 bits a channel, but have 32"):
        grey(content)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_cameras_orientation_is_applied(form: str) -> None:
    image = Image.new("RGB", (32, 16))
    image.paste((255, 255, 255), (0, 0, 16, 16))  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it to the right to see it upright: what was left is on top
    pixels = grey(encoded(image, form, exif=exif))
    assert pixels.array.shape == (1, 32, 16)
    assert pixels.array[0, :15].min() > 200
    assert pixels.array[0, 17:].max() < 50
    assert pixels.done == (ORIENTED,)


def test_sixteen_bits_are_turned_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    pixels = grey(encoded(Image.fromarray(LEVELS * 257), "PNG", exif=exif))
    np.testing.assert_array_equal(pixels.array[0], np.rot90(LEVELS))


@pytest.mark.parametrize("value", [0, 1, 9])
def test_no_orientation_changes_nothing(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    pixels = grey(encoded(Image.fromarray(LEVELS.astype(np.uint8)), "PNG", exif=exif))
    np.testing.assert_array_equal(pixels.array[0], LEVELS)
    assert pixels.done == ()


def test_transparency_is_dropped_and_told() -> None:
    colour = np.full((4, 4, 4), 200, np.uint8)
    pixels = decode_one(encoded(Image.fromarray(colour), "PNG"), grey=False)
    assert (pixels.array == 200).all()
    assert pixels.done == (TRANSPARENT,)
    colour[..., 3] = 255
    assert decode_one(encoded(Image.fromarray(colour), "PNG"), grey=False).done == ()


@pytest.mark.parametrize("form", ["GIF", "TIFF", "WEBP", "PNG"])
def test_several_frames_are_no_picture(form: str) -> None:
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 100, 200)]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=r"one picture, but holds (3 frames|2 frames or more)"):
        grey(content)


@pytest.mark.parametrize("form", ["GIF", "TIFF"])
def test_tiff_and_gif_are_read_where_the_name_says_so(form: str, tmp_path: Path) -> None:
    image = LEVELS.astype(np.uint8)
    path = tmp_path / f"image.{form.lower()}"
    Image.fromarray(image).save(path)
    np.testing.assert_array_equal(decode_one(path, grey=True).array[0], image)
    other = path.rename(tmp_path / "image.png")
    with pytest.raises(OSError, match="cannot identify"):
        decode_one(other, grey=True)
