"""Encoded images, in files or in bytes, to one uint8 array; decoded in parallel threads."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import UnidentifiedImageError

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import Problem
from incay.trainables.data.images.kinds import beginning, format_of
from incay.trainables.data.images.limits import own_limit
from incay.trainables.data.images.memory import require_memory
from incay.trainables.data.images.pixels import (
    FORMATS,
    NAMED,
    OddImageError,
    Pixels,
    TooLargeError,
    decode_one,
)
from incay.trainables.data.images.wording import said, told_os_error

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

    def bytes_of(self, count: int) -> int:
        """Return what so many decoded images take; 0 where only they say their size."""
        if self.size is None:
            return 0
        return count * (1 if self.grey else 3) * self.size[0] * self.size[1]


@dataclass(frozen=True)
class Decoded:
    """Decoded images, and those that could not be.

    Attributes:
        images: (whole images, channels, height, width).
        whole: (count,), which of the given images these are.
        problems: What is wrong with the others.
        done: What was done to how many images that a user must know of.
    """

    images: npt.NDArray[np.uint8]
    whole: npt.NDArray[np.bool_]
    problems: tuple[Problem, ...]
    done: Counter[str]


def decode_all(images: Sequence[EncodedImage], pixel_format: PixelFormat) -> Decoded:
    """Decode images to the end, whatever is wrong with some of them.

    Raises:
        DataError: There is no image, or all together exceed the available memory.
    """
    if not images:
        raise DataError("there must be at least one image to decode, but there is none")
    what = f"{len(images):,} decoded image{'' if len(images) == 1 else 's'}"
    require_memory(pixel_format.bytes_of(len(images)), what)
    with own_limit():
        return _decode_all(images, pixel_format, what)


def _decode_all(images: Sequence[EncodedImage], pixel_format: PixelFormat, what: str) -> Decoded:
    problems: dict[int, Problem] = {}
    done: Counter[str] = Counter()
    start, first = _first_whole(images, pixel_format, problems)
    if first is None:
        nothing = np.empty((0, 3, 1, 1), np.uint8)
        return Decoded(nothing, np.zeros(len(images), bool), tuple(problems.values()), done)
    shape = (len(images), *first.array.shape)
    require_memory(int(np.prod(shape, dtype=np.int64)), what)
    array = np.empty(shape, np.uint8)

    def decode_chunk(begin: int) -> tuple[dict[int, Problem], Counter[str]]:
        found: dict[int, Problem] = {}
        seen: Counter[str] = Counter()
        for index in range(begin, min(begin + CHUNK, len(images))):
            pixels = _decode(images[index], pixel_format)
            if isinstance(pixels, Problem):
                found[index] = pixels
            elif pixels.array.shape != first.array.shape:
                found[index] = _other_size(images[start], first, images[index], pixels)
            else:
                array[index] = pixels.array
                seen.update(pixels.done)
        return found, seen

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for found, seen in pool.map(decode_chunk, range(start, len(images), CHUNK)):
            problems |= found
            done += seen
    whole = np.ones(len(images), bool)
    whole[list(problems)] = False
    return Decoded(
        array[whole] if problems else array,
        whole,
        tuple(problems[index] for index in sorted(problems)),
        done,
    )


def _first_whole(
    images: Sequence[EncodedImage], pixel_format: PixelFormat, problems: dict[int, Problem]
) -> tuple[int, Pixels | None]:
    """Return the first image that can be decoded, and its place; the others' problems are kept."""
    for index, image in enumerate(images):
        pixels = _decode(image, pixel_format)
        if not isinstance(pixels, Problem):
            return index, pixels
        problems[index] = pixels
    return len(images), None


def _decode(image: EncodedImage, pixel_format: PixelFormat) -> Pixels | Problem:
    where, content = image
    try:
        return decode_one(content, grey=pixel_format.grey, size=pixel_format.size)
    except FileNotFoundError:
        return Problem(f"{where} must exist, but does not", skippable=False)
    except TooLargeError as error:
        # Another machine may be allowed to decode it: the set must be the same there.
        return Problem(f"{where}: {error}", skippable=False)
    except (MemoryError, DataError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            # The disk's fault or the user's rights', not the image's: another time it is there.
            return Problem(f"{where} must be readable, but: {told_os_error(error)}", False)
        must = f"{where} must be a whole image ({', '.join(FORMATS)})"
        return Problem(f"{must}, but: {_what_is_wrong(error, content)}")


def _what_is_wrong(error: Exception, content: bytes | Path) -> str:
    if isinstance(error, OddImageError):
        return str(error)
    if not isinstance(error, UnidentifiedImageError):
        return f"it is damaged ({said(error)})"
    start = beginning(content) if isinstance(content, Path) else content[:12]
    form = format_of(start)
    if not start:
        return "it is empty"
    if not form:
        return "it begins as none of them does"
    if form not in FORMATS:
        return f"it is {form}, which is not read"
    if isinstance(content, Path) and form in NAMED and content.suffix.lower() not in NAMED[form]:
        return f"it is {form}, which is read where its name ends in {' or '.join(NAMED[form])}"
    return f"it begins as {form} does, but is damaged"


def _other_size(first: EncodedImage, its: Pixels, image: EncodedImage, pixels: Pixels) -> Problem:
    return Problem(
        f"images must be of one size, or a `size` to resize to must be set, but {first.where} is "
        f"{_size(its.array)} and {image.where} is {_size(pixels.array)}",
        skippable=False,
    )


def _size(pixels: npt.NDArray[np.uint8]) -> str:
    _, height, width = pixels.shape
    return f"{height}×{width}"
