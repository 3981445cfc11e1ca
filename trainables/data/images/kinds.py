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

_BEGINNINGS = {
    b"\x89PNG\r\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"8BPS": "PSD",
}
_BEGINNING = 12
"""Bytes by which an image can be told."""
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


def format_of(start: bytes) -> str:
    """Return the name of the image format that a file's first bytes are of, empty for none."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WEBP"
    if start[4:8] == b"ftyp":
        return "HEIC, AVIF or a film"
    return next((name for bytes_, name in _BEGINNINGS.items() if start.startswith(bytes_)), "")


def beginning(path: Path) -> bytes:
    """Return a regular file's first bytes, none where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError:
        return b""


def _begins_as_image(path: Path) -> bool:
    return bool(format_of(beginning(path)))
