"""One encoded image to pixels of 8 bits. `docs/images.md` tells users what is done here.

Everything is decided here, for files and for bytes alike: 16 bits are scaled to 8, the camera's
orientation is applied, transparency is dropped. What 8 bits cannot hold is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "BMP", "PPM", "WEBP", "TIFF", "GIF")
"""The formats that are read; Pillow's many others are not offered to a file's bytes."""

SIXTEEN_BITS = "16 bits a channel: scaled to 8"
ORIENTED = "a camera's orientation (EXIF): applied"
TRANSPARENT = "transparent pixels: their colours are kept, as if they were opaque"

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")


class Pixels(NamedTuple):
    """A decoded image."""

    array: npt.NDArray[np.uint8]
    """(channels, height, width)."""
    done: tuple[str, ...]
    """What was done to it that a user must know of."""


def decode_one(content: bytes | Path, *, grey: bool, size: tuple[int, int] | None = None) -> Pixels:
    """Return an image's pixels.

    Args:
        content: The encoded bytes, or the file that holds them.
        grey: One channel; otherwise RGB.
        size: (height, width) to resize to.

    Raises:
        OSError: The file cannot be read; with an ``errno`` where the system says so.
        Exception: It is no whole image that 8 bits can hold. Damaged files raise ValueError,
            SyntaxError and others, by decoder.
    """
    source = content if isinstance(content, Path) else io.BytesIO(content)
    with Image.open(source, formats=_formats(content)) as opened:
        frames = getattr(opened, "n_frames", 1)
        if frames > 1 and opened.format != "MPO":  # a camera's JPEG with its own preview
            raise ValueError(f"it must be one picture, but holds {frames} frames")
        done = list(_seen(opened))
        image = _eight_bits(opened)
        if _is_transparent(image):
            done.append(TRANSPARENT)
        image = image.convert("L" if grey else "RGB")
    if size is not None and image.size != (size[1], size[0]):
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return Pixels(array[None] if grey else array.transpose(2, 0, 1), tuple(done))


def _formats(content: bytes | Path) -> tuple[str, ...]:
    """Return the formats that are tried: what holds more than pictures, by its name only."""
    if isinstance(content, Path) and content.suffix.lower() not in (".tif", ".tiff", ".gif"):
        return tuple(name for name in FORMATS if name not in ("TIFF", "GIF"))
    return FORMATS


def _seen(opened: Image.Image) -> Iterator[str]:
    """Yield what can only be seen before the pixels are loaded."""
    raw_modes = [str(part) for tile in getattr(opened, "tile", ()) for part in tile[3:]]
    if any(";16" in mode for mode in raw_modes) or opened.mode in ("I", *_SIXTEEN):
        yield SIXTEEN_BITS
    if opened.getexif().get(_ORIENTATION, 1) in range(2, 9):
        yield ORIENTED


def _eight_bits(opened: Image.Image) -> Image.Image:
    """Return the image upright and with 8 bits a channel.

    Pillow takes the high byte of colours of 16 bits; so do we of grey, which it would clip.
    """
    # Read first: loading a TIFF applies its orientation and forgets the tags.
    tags = getattr(opened, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    known = opened.mode in _SIXTEEN or (opened.mode == "I" and opened.format in ("PPM", "PNG"))
    if opened.mode in ("I", "F") and not known:
        raise ValueError(
            "its pixels must have 8 or 16 bits a channel, but have 32, of no range that it names"
        )
    image: Image.Image = ImageOps.exif_transpose(opened)
    if not known:
        return image
    high = (np.asarray(image).astype(np.uint32) >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(255 - high if inverted else high)


def _is_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    return int(np.asarray(image.convert("RGBA").getchannel("A")).min()) < 255
