"""Decoding: pixels in the right place, formats, sizes, damage and memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from data_cases import encode, pixels
from PIL import Image

from incay.trainables.data.base import DataError
from incay.trainables.data.images import memory
from incay.trainables.data.images.damage import refuse
from incay.trainables.data.images.decode import CHUNK, EncodedImage, PixelFormat, decode_all


def decode_images(images: list[EncodedImage], pixel_format: PixelFormat) -> npt.NDArray[np.uint8]:
    decoded = decode_all(images, pixel_format)
    refuse(decoded.problems)
    return decoded.images


def in_memory(*contents: bytes) -> list[EncodedImage]:
    return [EncodedImage(f"image {index}", content) for index, content in enumerate(contents)]


def test_pixels_and_channels_are_in_their_places() -> None:
    images = pixels(0, 3, (5, 7, 3))
    decoded = decode_images(in_memory(*map(encode, images)), PixelFormat())
    np.testing.assert_array_equal(decoded, images.transpose(0, 3, 1, 2))


def test_files_and_bytes_are_the_same(tmp_path: Path) -> None:
    image = pixels(0, 1, (5, 7))[0]
    path = tmp_path / "image.png"
    path.write_bytes(encode(image))
    decoded = decode_images([EncodedImage(str(path), path)], PixelFormat(grey=True))
    np.testing.assert_array_equal(decoded[0, 0], image)


def test_order_is_kept_over_many_chunks() -> None:
    count = 3 * CHUNK + 1
    images = [encode(np.full((1, 1), index % 251, np.uint8)) for index in range(count)]
    decoded = decode_images(in_memory(*images), PixelFormat(grey=True))
    np.testing.assert_array_equal(decoded.reshape(-1), np.arange(count) % 251)


def test_grey_becomes_three_equal_channels_and_colour_becomes_grey() -> None:
    grey, colour = pixels(0, 1, (4, 4))[0], pixels(1, 1, (4, 4, 3))[0]
    in_rgb = decode_images(in_memory(encode(grey)), PixelFormat())
    assert (in_rgb == grey).all()
    in_grey = decode_images(in_memory(encode(colour)), PixelFormat(grey=True))
    luminance = colour @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(in_grey[0, 0], luminance, atol=1.0)


def test_transparent_and_palette_images_become_rgb() -> None:
    colour = np.full((4, 4, 4), 200, np.uint8)
    decoded = decode_images(in_memory(encode(colour)), PixelFormat())
    assert decoded.shape == (1, 3, 4, 4)
    assert (decoded == 200).all()


def test_resizing_ignores_proportions() -> None:
    image = np.zeros((10, 20), np.uint8)
    image[:, 10:] = 255
    decoded = decode_images(in_memory(encode(image)), PixelFormat(grey=True, size=(4, 4)))
    assert decoded.shape == (1, 1, 4, 4)
    np.testing.assert_allclose(decoded[0, 0], [[0, 0, 255, 255]] * 4, atol=40)


def test_resizing_leaves_images_of_the_size_alone() -> None:
    image = pixels(0, 1, (6, 5))[0]
    decoded = decode_images(in_memory(encode(image)), PixelFormat(grey=True, size=(6, 5)))
    np.testing.assert_array_equal(decoded[0, 0], image)


def test_different_sizes_are_refused() -> None:
    images = in_memory(encode(pixels(0, 1, (6, 5))[0]), encode(pixels(0, 1, (5, 6))[0]))
    with pytest.raises(DataError, match="image 0 is 6×5 and image 1 is 5×6"):
        decode_images(images, PixelFormat())


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.7])
def test_damage_is_named(form: str, share: float) -> None:
    whole = encode(pixels(0, 1, (32, 32, 3))[0], form)
    images = in_memory(whole, whole[: int(share * len(whole))])
    with pytest.raises(DataError, match="image 1 must be a whole image"):
        decode_images(images, PixelFormat())


def test_other_formats_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    Image.fromarray(pixels(0, 1, (4, 4))[0]).save(path, "TIFF")
    with pytest.raises(DataError, match="must be a whole image"):
        decode_images([EncodedImage(str(path), path)], PixelFormat())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.png"
    with pytest.raises(DataError, match=r"nowhere\.png must exist"):
        decode_images([EncodedImage(str(path), path)], PixelFormat())


def test_no_image_is_refused() -> None:
    with pytest.raises(DataError, match="at least one image"):
        decode_images([], PixelFormat())


def test_sets_larger_than_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    images = in_memory(*[encode(pixels(0, 1, (8, 8))[0])] * 4)
    monkeypatch.setattr(memory, "available_bytes", lambda: 4 * 64 - 1)
    with pytest.raises(DataError, match=r"4 decoded images need .* sets larger than memory"):
        decode_images(images, PixelFormat(grey=True))
    monkeypatch.setattr(memory, "available_bytes", lambda: 4 * 64)
    decode_images(images, PixelFormat(grey=True))


def test_available_memory_is_the_least_of_system_and_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meminfo, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    monkeypatch.setattr(memory, "MEMINFO", meminfo)
    monkeypatch.setattr(memory, "CGROUP_LIMIT", limit)
    assert memory.available_bytes() is None
    memory.require_memory(2**60, "anything")
    meminfo.write_text("MemTotal:  9 kB\nMemAvailable:  3 kB\n")
    assert memory.available_bytes() == 3072
    limit.write_text("max\n")
    assert memory.available_bytes() == 3072
    limit.write_text("2000\n")
    assert memory.available_bytes() == 2000
