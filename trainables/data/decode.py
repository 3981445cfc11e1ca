"""Encoded images, in files or in bytes, to one uint8 array; decoded in parallel threads."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from incay.trainables.data.base import DataError
from incay.trainables.data.memory import require_memory

FORMATS = ("PNG", "JPEG", "BMP", "PPM", "WEBP")
"""The formats that are read; Pillow's many others are not offered to a file's bytes."""

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"})
"""Of image files, in lower case."""

CHUNK = 64
"""Images that a thread decodes at a time."""


class EncodedImage(NamedTuple):
    """An image as it is stored."""

    where: str
    """Names the image in errors."""
    content: bytes | Path
    """Its bytes, or the file that holds them."""


@dataclass(frozen=True)
class PixelFormat:
    """What every decoded image of a set must be.

    Attributes:
        grey: One channel; otherwise RGB. Grey images in an RGB set have equal channels.
        size: (height, width) that images are resized to, whatever their proportions; None
            keeps their own, which must then be the same for all.
    """

    grey: bool = False
    size: tuple[int, int] | None = None


def decode_images(
    images: Sequence[EncodedImage], pixel_format: PixelFormat
) -> npt.NDArray[np.uint8]:
    """Return images as an array (count, channels, height, width).

    Raises:
        DataError: There is no image; one cannot be decoded; without a size to resize to, one
            has another size than the first; or all together exceed the available memory.
    """
    if not images:
        raise DataError("there must be at least one image to decode, but there is none")
    first = _decode(images[0], pixel_format)
    shape = (len(images), *first.shape)
    require_memory(int(np.prod(shape, dtype=np.int64)), f"{len(images):,} decoded images")
    decoded = np.empty(shape, np.uint8)

    def decode_chunk(start: int) -> None:
        for index in range(start, min(start + CHUNK, len(images))):
            pixels = _decode(images[index], pixel_format)
            if pixels.shape != first.shape:
                raise DataError(
                    f"images must be of one size, or a `size` to resize to must be set, but "
                    f"{images[0].where} is {_size(first)} and {images[index].where} is "
                    f"{_size(pixels)}"
                )
            decoded[index] = pixels

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for _ in pool.map(decode_chunk, range(0, len(images), CHUNK)):
            pass
    return decoded


def _decode(image: EncodedImage, pixel_format: PixelFormat) -> npt.NDArray[np.uint8]:
    where, content = image
    try:
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        with Image.open(source, formats=FORMATS) as opened:
            pixels = opened.convert("L" if pixel_format.grey else "RGB")
    except FileNotFoundError as error:
        raise DataError(f"{where} must exist, but does not") from error
    # Damaged files raise OSError, ValueError, SyntaxError and others, by decoder.
    except Exception as error:
        raise DataError(
            f"{where} must be a whole image ({', '.join(FORMATS)}), but: {error}"
        ) from error
    if pixel_format.size is not None:
        height, width = pixel_format.size
        if pixels.size != (width, height):
            pixels = pixels.resize((width, height), Image.Resampling.BILINEAR)
    array = np.asarray(pixels)
    return array[None] if pixel_format.grey else array.transpose(2, 0, 1)


def _size(pixels: npt.NDArray[np.uint8]) -> str:
    _, height, width = pixels.shape
    return f"{height}×{width}"
