"""How large images and what files unpack to may be: a few bytes can claim to be terabytes.

What is read is the same whatever these limits are: more than they allow is refused, never skipped.
So they are no settings of a trial but of the machine.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from incay.trainables.data.base import DataError

PIXELS = "INCAY_MAX_PIXELS"
"""Variable of the environment: pixels (height × width) that an image file may have."""
UNPACKED = "INCAY_MAX_UNPACKED_MB"
"""Variable of the environment: megabytes (10⁶) that any data file may unpack to."""

_DEFAULTS = {PIXELS: 50_000_000, UNPACKED: 256}
_RATIO = 20
"""A large file may unpack to so many times its own size, whatever `UNPACKED` says."""

_BYTES_OF_A_PIXEL = 8
"""As they are stored, at most: four channels of 16 bits."""
_BESIDE_PIXELS = 10_000_000
"""Bytes of headers, profiles and previews."""

MOST_PIXELS_OF_A_SIZE = 4096**2
"""Of a setting ``size``: what a network is trained on."""


def most_pixels() -> int:
    """Return how many pixels an image file may have.

    Raises:
        DataError: The environment's value is no whole number above 0.
    """
    return _from_environment(PIXELS)


def too_many_bytes(size: int) -> str:
    """Return why a file is too large for an image, empty where it is not.

    Args:
        size: Its bytes.

    Raises:
        DataError: See `most_pixels`.
    """
    most = _BYTES_OF_A_PIXEL * most_pixels() + _BESIDE_PIXELS
    if size <= most:
        return ""
    return f"at most {most / 1e6:,.0f} MB ({PIXELS} raises it), but has {size / 1e6:,.0f}"


def most_unpacked(packed: int) -> int:
    """Return how many bytes a file may unpack to.

    Args:
        packed: Its own size in bytes.

    Raises:
        DataError: The environment's value is no whole number above 0.
    """
    return max(_from_environment(UNPACKED) * 10**6, _RATIO * packed)


def unpacked_rule(packed: int) -> str:
    """Return in words what a file may unpack to, and how that is raised."""
    return f"at most {most_unpacked(packed) / 1e6:,.0f} MB ({UNPACKED} raises it)"


def require_size(size: tuple[int, int] | None) -> None:
    """Refuse a size to resize to that no image can have, or no network is trained on.

    Raises:
        ValueError: It is one.
    """
    if size is None:
        return
    height, width = size
    if min(size) < 1:
        raise ValueError(f"size must have sides of 1 pixel or more, but is {height}×{width}")
    if height * width > MOST_PIXELS_OF_A_SIZE:
        raise ValueError(
            f"size must have at most {MOST_PIXELS_OF_A_SIZE:,} pixels (4096×4096), but "
            f"{height}×{width} are {height * width:,}"
        )


@contextmanager
def own_limit() -> Iterator[None]:
    """Take Pillow's limit of pixels away, where ours is kept, and its warnings.

    Those name no image; with ``PYTHONWARNINGS=error`` they would decide which images are damaged.
    """
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _from_environment(name: str) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return _DEFAULTS[name]
    if not (text.isdecimal() and len(text) < 19 and int(text)):
        raise DataError(f"{name} must be a whole number of 1 or more, but is {text!r}")
    return int(text)
