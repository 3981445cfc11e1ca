"""Which files are images that are read, which are images that are not, and which are neither."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path

# fmt: off
SUFFIXES = frozenset({
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".ppm", ".pgm", ".pbm", ".pnm",
    ".webp", ".tif", ".tiff", ".gif",
})
"""Of image files that are read, in lower case."""

_UNREAD = frozenset({
    ".jp2", ".j2k", ".jpx", ".jxl", ".heic", ".heif", ".avif", ".apng", ".tga", ".ico", ".icns",
    ".psd", ".exr", ".hdr", ".pfm", ".pcx", ".dds", ".sgi", ".ras", ".xbm", ".xpm", ".eps",
    ".svg", ".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".dcm",
})
"""Of images that are not read."""
# fmt: on

_BEGINNINGS = (
    b"\x89PNG\r\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP",
    b"8BPS",
)
_APPLE_DOUBLE = "._"
"""Begins what macOS writes beside each file on other systems' disks: its attributes."""


class Kind(Enum):
    """What a file is, by its name and its first bytes."""

    IMAGE = auto()
    UNREAD = auto()
    OTHER = auto()


def kind_of(path: Path) -> Kind:
    """Return what a regular file is."""
    if path.name.startswith(_APPLE_DOUBLE):
        return Kind.OTHER
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return Kind.IMAGE
    if suffix in _UNREAD or _begins_as_image(path):
        return Kind.UNREAD
    return Kind.OTHER


def _begins_as_image(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(12)
    except OSError:
        return False
    riff = start[:4] == b"RIFF" and start[8:] == b"WEBP"
    return start.startswith(_BEGINNINGS) or riff or start[4:8] == b"ftyp"
