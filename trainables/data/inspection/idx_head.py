"""The head of an IDX file, and whether what follows is as long as it says."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from incay.trainables.data.images.damage import shown
from incay.trainables.data.images.limits import most_unpacked, unpacked_rule
from incay.trainables.data.images.wording import said, told_os_error

_MAGIC = b"\0\0\x08"
_CHUNK = 1_000_000


def idx_problem(path: Path, dimensions: int) -> str:
    """Return what is wrong with an IDX file, empty where nothing is; its values are not kept.

    Args:
        path: A regular file, gzipped where its name says so.
        dimensions: That it must have.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return _problem(shown(path), cast(BinaryIO, file), dimensions, None)
        with path.open("rb") as file:
            return _problem(shown(path), file, dimensions, path.stat().st_size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return f"{shown(path)} must be a readable IDX file, but: {said(error)}"
    except OSError as error:
        return f"{shown(path)} must be a readable IDX file, but: {told_os_error(error)}"


def _problem(where: str, file: BinaryIO, dimensions: int, size: int | None) -> str:
    start = file.read(4)
    if start[:3] != _MAGIC or len(start) < 4:
        return (
            f"{where} must begin with the IDX magic number for unsigned bytes (00 00 08), but "
            f"begins with {start.hex(' ') or 'nothing'}"
        )
    count = start[3]
    header = 4 + 4 * count
    sides = file.read(4 * count)
    if len(sides) < 4 * count:
        return f"{where} must have a header of {header} bytes, but ends after {4 + len(sides)}"
    shape = struct.unpack(f">{count}I", sides)
    if count != dimensions:
        return (
            f"{where} must have {dimensions} dimension{'s' if dimensions > 1 else ''}, but its "
            f"header has {count}"
        )
    if min(shape) < 1:
        return f"{where} must have sides of 1 or more, but its header has the shape {shape}"
    expected = header + math.prod(shape)
    if expected > most_unpacked(0):
        return (
            f"{where} must hold {unpacked_rule(0)}, but its header has the shape {shape}, which is "
            f"{expected / 1e6:,.0f} MB"
        )
    held = header + _count(file, expected - header) if size is None else size
    if held == expected:
        return ""
    how = f"{held:,}: it is truncated" if held < expected else "more: it is too long"
    return (
        f"{where} must hold {expected:,} bytes for the shape {shape} in its header, but holds {how}"
    )


def _count(file: BinaryIO, expected: int) -> int:
    """Return how many bytes follow, no further than one more than is expected."""
    count = 0
    while count <= expected and (chunk := file.read(min(_CHUNK, expected + 1 - count))):
        count += len(chunk)
    return count
