"""One encoded image to pixels of 8 bits. `docs/images.md` tells users what is done here.

Everything is decided here, for files and for bytes alike: 16 bits are scaled to 8, the camera's
orientation is applied, transparency is dropped. What 8 bits cannot hold is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from incay.trainables.data.images.limits import PIXELS, most_pixels

FORMATS = ("PNG", "JPEG", "BMP", "PPM", "WEBP", "TIFF", "GIF")
"""The formats that are read; Pillow's many others are not offered to a file's bytes."""

NAMED = {"TIFF": (".tif", ".tiff"), "GIF": (".gif",)}
"""Formats that hold more than pictures: of files only those that are named so, by their endings."""

SIXTEEN_BITS = "16 bits a channel: scaled to 8"
ORIENTED = "a camera's orientation (EXIF): applied"
TRANSPARENT = "transparent pixels: their colours are kept, as if they were opaque"

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")

_LARGE = 8_000_000
"""Pixels of images that are decoded one at a time, so that threads do not add them up."""
_one_large = Lock()


class OddImageError(ValueError):
    """What makes an image none that is taken, in words for its user."""


class TooLargeError(OddImageError):
    """An image of more pixels than this machine is allowed to decode."""


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
        OddImageError: It is a whole image, but of a kind or size that is not taken.
        Exception: It is no whole image. Damaged files raise ValueError, SyntaxError and others,
            by decoder.
    """
    source = content if isinstance(content, Path) else io.BytesIO(content)
    with Image.open(source, formats=_formats(content)) as opened:
        _require_one_picture(opened)
        with _one_large if opened.width * opened.height > _LARGE else nullcontext():
            return _decoded(opened, grey, size)


def _require_one_picture(opened: Image.Image) -> None:
    """Refuse what its header says; nothing of its size has been allocated yet."""
    pixels, most = opened.width * opened.height, most_pixels()
    if pixels > most:
        raise TooLargeError(
            f"it must have at most {most:,} pixels ({PIXELS} raises it), but its header says "
            f"{opened.height}×{opened.width}, which are {pixels:,}"
        )
    if getattr(opened, "is_animated", False) and opened.format != "MPO":
        # An MPO is a camera's JPEG with its own preview. To count frames that no header counts
        # would be to walk through all of them, be they millions.
        count = "2 frames or more" if opened.format in NAMED else f"{opened.n_frames} frames"  # type: ignore[attr-defined]
        raise OddImageError(f"it must be one picture, but holds {count}")


def _decoded(opened: Image.Image, grey: bool, size: tuple[int, int] | None) -> Pixels:
    done = list(_seen(opened))
    image = _eight_bits(opened, upright=ORIENTED not in done)
    if _is_transparent(image):
        done.append(TRANSPARENT)
    mode = "L" if grey else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if size is not None and image.size != (size[1], size[0]):
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    array = np.asarray(image)
    return Pixels(array[None] if grey else array.transpose(2, 0, 1), tuple(done))


def _formats(content: bytes | Path) -> tuple[str, ...]:
    """Return the formats that are tried."""
    suffix = content.suffix.lower() if isinstance(content, Path) else None
    if suffix is None or any(suffix in endings for endings in NAMED.values()):
        return FORMATS
    return tuple(name for name in FORMATS if name not in NAMED)


def _seen(opened: Image.Image) -> Iterator[str]:
    """Yield what can only be seen before the pixels are loaded."""
    raw_modes = [str(part) for tile in getattr(opened, "tile", ()) for part in tile[3:]]
    if any(";16" in mode for mode in raw_modes) or opened.mode in ("I", *_SIXTEEN):
        yield SIXTEEN_BITS
    if opened.getexif().get(_ORIENTATION, 1) in range(2, 9):
        yield ORIENTED


def _eight_bits(opened: Image.Image, *, upright: bool) -> Image.Image:
    """Return the image upright, as it may be already, and with 8 bits a channel.

    Pillow takes the high byte of colours of 16 bits; so do we of grey, which it would clip.
    """
    # Read first: loading a TIFF applies its orientation and forgets the tags.
    tags = getattr(opened, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    known = opened.mode in _SIXTEEN or (opened.mode == "I" and opened.format in ("PPM", "PNG"))
    if opened.mode in ("I", "F") and not known:
        raise OddImageError(
            "its pixels must have 8 or 16 bits a channel, but have 32, of no range that it names"
        )
    image: Image.Image = opened if upright else ImageOps.exif_transpose(opened)
    image.load()
    if not known:
        return image
    high = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(255 - high if inverted else high)


def _is_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data:
        return False
    alpha = image if "A" in image.getbands() else image.convert("RGBA")
    return int(np.asarray(alpha.getchannel("A")).min()) < 255
