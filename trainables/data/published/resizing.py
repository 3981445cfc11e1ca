"""Images of a set to one size: resized, cut out of the middle, decoded where they are not yet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from incay.trainables.data.base import DataError
from incay.trainables.data.images.damage import Problem
from incay.trainables.data.images.decode import CHUNK, Decoded
from incay.trainables.data.images.encoded import EncodedSplit
from incay.trainables.data.images.memory import require_memory
from incay.trainables.data.images.pixels import FORMATS, decode_one
from incay.trainables.data.published.layouts import ArraySplit

Pixels = npt.NDArray[np.uint8]
Side = int | tuple[int, int] | None


@dataclass(frozen=True)
class Sizing:
    """What is done to an image's size.

    Attributes:
        resize: A number is the shorter side, the other follows; (height, width) stretches; None
            keeps the size.
        center_crop: A square, or (height, width), cut out of the middle; None cuts nothing.
    """

    resize: Side
    center_crop: Side

    def __call__(self, pixels: Pixels) -> Pixels:
        """Return an image (channels, height, width) in its size.

        Raises:
            ValueError: It is smaller than what is to be cut out of it.
        """
        _, height, width = pixels.shape
        if isinstance(self.resize, int):
            shorter = min(height, width)
            height, width = (int(self.resize * side / shorter) for side in (height, width))
        elif self.resize is not None:
            height, width = self.resize
        if (height, width) != pixels.shape[1:]:
            pixels = _resized(pixels, height, width)
        if self.center_crop is None:
            return pixels
        wanted = self.center_crop
        tall, wide = (wanted, wanted) if isinstance(wanted, int) else wanted
        if tall > height or wide > width:
            raise ValueError(
                f"center_crop must be at most the image, but {tall}×{wide} is to be cut out of "
                f"{height}×{width}: set a larger resize"
            )
        top, left = round((height - tall) / 2), round((width - wide) / 2)
        return pixels[:, top : top + tall, left : left + wide]


def sized(split: ArraySplit | EncodedSplit, sizing: Sizing, *, grey: bool) -> Decoded:
    """Return a split's images in one size, and which of them are whole.

    Raises:
        DataError: All together exceed the available memory, or sizes differ.
    """
    if isinstance(split, ArraySplit):
        arrays, where = split.images, "an image"
        if grey and arrays.shape[1] == 3:
            arrays = np.stack([_grey(each) for each in arrays])
        if sizing.resize is not None or sizing.center_crop is not None:
            try:
                arrays = np.stack([sizing(each) for each in arrays])
            except ValueError as error:
                raise DataError(f"{where}: {error}") from error
        return Decoded(arrays, np.ones(len(arrays), bool), (), Counter())
    return _decoded(split, sizing, grey)


def _decoded(split: EncodedSplit, sizing: Sizing, grey: bool) -> Decoded:
    done: Counter[str] = Counter()
    found: list[Pixels | Problem] = []

    def decode(begin: int) -> tuple[list[Pixels | Problem], Counter[str]]:
        seen: Counter[str] = Counter()
        chunk = split.images[begin : begin + CHUNK]
        return [_one(each.where, each.content, sizing, grey, seen) for each in chunk], seen

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for part, seen in pool.map(decode, range(0, len(split.images), CHUNK)):
            found += part
            done += seen
            _require_room(part, len(split.images) - len(found))
    whole = np.array([not isinstance(each, Problem) for each in found], bool)
    problems = [each for each in found if isinstance(each, Problem)]
    images = [each for each in found if not isinstance(each, Problem)]
    if len({each.shape for each in images}) > 1:
        sizes = sorted({each.shape[1:] for each in images})
        raise DataError(
            "images must be of one size, but they have "
            f"{sizes[0][0]}×{sizes[0][1]} and {len(sizes) - 1} more: set center_crop, or resize to "
            "(height, width)"
        )
    array = np.stack(images) if images else np.empty((0, 1, 1, 1), np.uint8)
    return Decoded(array, whole, tuple(problems), done)


def _require_room(part: Sequence[Pixels | Problem], left: int) -> None:
    sizes = [each.nbytes for each in part if not isinstance(each, Problem)]
    if sizes:
        # Twice: they lie one by one until all are there.
        require_memory(2 * max(sizes) * left, f"{left:,} more decoded images")


def _one(
    where: str, content: bytes | Path, sizing: Sizing, grey: bool, seen: Counter[str]
) -> Pixels | Problem:
    try:
        pixels = decode_one(content, grey=grey)
    except FileNotFoundError:
        return Problem(f"{where} must exist, but does not", skippable=False)
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            return Problem(f"{where} must be readable, but: {error}", skippable=False)
        return Problem(f"{where} must be a whole image ({', '.join(FORMATS)}), but: {error}")
    seen.update(pixels.done)
    try:
        return np.ascontiguousarray(sizing(pixels.array))
    except ValueError as error:
        return Problem(f"{where}: {error}", skippable=False)


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    def change(image: Image.Image) -> Image.Image:
        return image.resize((width, height), Image.Resampling.BILINEAR)

    return _through(pixels, change)


def _grey(pixels: Pixels) -> Pixels:
    return _through(pixels, lambda image: image.convert("L"))


def _through(pixels: Pixels, change: Callable[[Image.Image], Image.Image]) -> Pixels:
    flat = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    array = np.asarray(change(Image.fromarray(np.ascontiguousarray(flat))))
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
