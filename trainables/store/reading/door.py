"""The one door through which the store's files are read: what may not stand there stops here.

A results folder is shared between colleagues, copied in part and kept for years. So a file is a
regular one, no larger than what we write, plain JSON where it should be, of the shape that the
reader names, and has the checksum that it was written with. Everything else is a `RecordError`
that names the file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from incay.trainables.store.reading.damage import RecordError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Shape = TypeVar("_Shape")

MOST_JSON = 128 * 2**20
"""Bytes of a JSON file: a study of 100,000 trials lists them in a quarter of it."""
MOST_RECORD = 16 * 2**20
"""Bytes of a trial's record, of which most have some thousands."""
MOST_BYTES = 8 * 2**30
"""Bytes of any other file: tables, checkpoints and trained networks."""
CHECKSUM = "checksum"
MOST_TABLE = 2**30
"""Bytes of a table beside a record: features of 500,000 images fit."""
DIGEST = hashlib.sha256().digest_size
_LEAST_READ = 2**16
_BLOCK = 2**20


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of a regular file.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        RecordError: It is a folder, a pipe or a device, which could be read for ever, or larger.
        OSError: It is not there, or cannot be read.
    """
    with _regular(path, most) as (file, size):
        # Python takes as much memory as is asked for, whatever there is.
        expected = min(most, max(size, _LEAST_READ))
        content = file.read(expected + 1)
        if len(content) > expected:  # a file of the kernel's says that it is empty
            raise RecordError(f"{path} must be as large as it says, but has more: damaged")
        return content


def matches(path: Path, most: int, sha256: str | None = None) -> bool:
    """Return whether a regular file has a checksum, without holding it in memory.

    Args:
        path: The file.
        most: Bytes that it may have.
        sha256: Of its content, hexadecimal; None where the content stands behind its checksum.

    Raises:
        RecordError: As of `read_regular`.
        OSError: As of `read_regular`.
    """
    with _regular(path, most) as (file, size):
        expected = file.read(DIGEST).hex() if sha256 is None else sha256
        found, left = hashlib.sha256(), size - file.tell()
        while left > 0 and (block := file.read(min(left, _BLOCK))):
            found.update(block)
            left -= len(block)
        return left == 0 and found.hexdigest() == expected


@contextmanager
def _regular(path: Path, most: int) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file of so many bytes at most; yield it and its size."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # to open a pipe waits
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise RecordError(f"{path} must be a file, but: {error.strerror}") from error
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            raise RecordError(f"{path} must be a file, but is a folder, a pipe or a device")
        if about.st_size > most:
            raise RecordError(
                f"{path} must have at most {most:,} bytes, but has {about.st_size:,}: damaged"
            )
        with os.fdopen(opened, "rb", closefd=False) as file:
            yield file, about.st_size
    finally:
        os.close(opened)


def parse_object(content: bytes, where: str) -> dict[str, Any]:
    """Return the object that a JSON text holds.

    Raises:
        RecordError: The text is something else.
    """
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where} must be JSON, but is damaged") from error
    if not isinstance(values, dict):
        raise RecordError(f"{where} must be a JSON object, but is damaged")
    return values


def signed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the checksum of its content."""
    return {**values, CHECKSUM: checksum(values)}


def unsigned(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return an object without its checksum; those of earlier versions have none.

    Raises:
        RecordError: The content does not match it.
    """
    rest = {name: value for name, value in values.items() if name != CHECKSUM}
    try:
        is_whole = CHECKSUM not in values or values[CHECKSUM] == checksum(rest)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where} must be JSON, but is damaged") from error
    if not is_whole:
        raise RecordError(f"{where} must match its checksum, but does not: it was altered")
    return rest


def checksum(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an object's content, whatever the order of its keys."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def shaped(shape: type[_Shape], values: Any, where: str) -> _Shape:
    """Return what JSON values describe.

    Args:
        shape: A dataclass, or any type that pydantic knows. Types are held to strictly: a text
            is no number.
        values: Of the file; keys that the shape has no field for are left out.
        where: Names the file.

    Raises:
        RecordError: Something is missing, or of another type or range.
    """
    try:
        return _adapter(shape).validate_json(json.dumps(values), strict=True)
    except (ValueError, RecursionError) as error:  # pydantic's own are of the first kind
        raise RecordError(f"{where} must be complete, but is damaged: {_first(error)}") from error


def shaped_text(shape: type[_Shape], content: bytes, where: str) -> _Shape:
    """Return what a JSON text describes; as of `shaped`."""
    try:
        return _adapter(shape).validate_json(content, strict=True)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where} must be complete, but is damaged: {_first(error)}") from error


def require(holds: bool, what: str, where: str) -> None:
    """Refuse a file that says what it never should.

    Args:
        holds: Whether it does not.
        what: What must hold.
        where: Names the file.

    Raises:
        RecordError: It does.
    """
    if not holds:
        raise RecordError(f"{where} must be complete, but is damaged: {what} must hold")


def _first(error: Exception) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:80]
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"])) or "its content"
    return f"{place} is missing" if first["type"] == "missing" else f"{place} does not fit"


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(shape: type[_Shape]) -> TypeAdapter[_Shape]:
    from pydantic import TypeAdapter  # here: to train and record takes PyTorch and Arrow alone

    if shape not in _ADAPTERS:  # made once: that takes a millisecond
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]
