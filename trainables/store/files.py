"""Files on any `pyarrow.fs` file system, each written whole: a reader never sees a part of one."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyarrow import fs

from incay.trainables.outgoing import encodable, holds_secret
from incay.trainables.store.durable import Batch
from incay.trainables.store.problems import store_errors
from incay.trainables.store.reading.damage import RecordError, UnreadableRecordError, refuse_newer
from incay.trainables.store.reading.door import (
    DIGEST,
    MOST_BYTES,
    MOST_JSON,
    matches,
    parse_object,
    read_regular,
    signed,
    unsigned,
)

_LARGE = 2**26
"""Bytes from which on a file is held against its checksum before it is held in memory."""


class Files:
    """Files under one root. What the file system says against it is a `StoreError`.

    Args:
        uri: A local path or any URI that `pyarrow.fs` understands, such as ``s3://bucket/path``.

    Attributes:
        root: The root on its file system.
        local_root: The same as a path where that is this machine's, else None.

    Raises:
        ValueError: The URI holds a password, names no bucket, or is none that `pyarrow.fs`
            understands; or it or the path is no text.
    """

    def __init__(self, uri: str | Path) -> None:
        self.uri = str(uri)
        refuse_password(self.uri)
        place = self.uri if "://" in self.uri else os.path.realpath(self.uri)
        if encodable(place) != place:
            raise ValueError("it is no text in UTF-8")  # Arrow takes none else
        if "://" in place:
            self._fs, self.root = fs.FileSystem.from_uri(place)
        else:
            self._fs, self.root = fs.LocalFileSystem(), place
        self.root = self.root.rstrip("/")
        local = isinstance(self._fs, fs.LocalFileSystem)
        if not local and not self.root:
            raise ValueError("it names no bucket")
        if self._fs.type_name == "mock":
            raise ValueError("what Arrow keeps there for its own tests is gone with the process")
        self.local_root = Path(self.root) if local else None
        self._open = threading.local()  # what this thread writes together

    def __reduce__(self) -> tuple[type[Files], tuple[str]]:
        return type(self), (self.uri if "://" in self.uri else self.root,)

    def read(self, path: str, most: int = MOST_BYTES) -> bytes | None:
        """Return a file's content, None if it does not exist. `path` is below the root.

        Raises:
            RecordError: It is no file, or larger than `most` bytes, or an `UnreadableRecordError`.
        """
        target = f"{self.root}/{path}"
        with store_errors():
            try:
                if self.local_root is not None:
                    return read_regular(Path(target), most)
                with self._fs.open_input_file(target) as file:
                    if file.size() > most:
                        raise RecordError(f"{target} must have at most {most:,} bytes: damaged")
                    content: bytes = file.read()
                    return content
            except (FileNotFoundError, NotADirectoryError):
                return None
            except PermissionError as error:
                raise UnreadableRecordError(
                    f"{target} must be readable, but: {error.strerror}"
                ) from error

    def read_matching(
        self,
        path: str,
        sha256: str,
        told: str = "",
        by: str = "its checksum",
        most: int = MOST_BYTES,
    ) -> bytes:
        """Return the content of a file that must be there as it was written.

        Args:
            path: Below the root.
            sha256: Of its content, hexadecimal.
            told: What it is, for the message.
            by: Where the checksum stands, for the message.
            most: As of `read`.

        Raises:
            RecordError: It is missing, or other content.
        """
        is_wrong = self._is_large_and_wrong(path, most, sha256)
        content = b"" if is_wrong else self.read(path, most)
        if content is None or is_wrong or hashlib.sha256(content).hexdigest() != sha256:
            what = "is missing" if content is None else "does not: it was altered or cut short"
            named = f"{self.where(path)}, {told}," if told else self.where(path)
            raise RecordError(f"{named} must match {by}, but {what}")
        return content

    def read_json(self, path: str, newest: int | None = None) -> dict[str, Any] | None:
        """Return the object that a JSON file holds, None if it does not exist.

        Args:
            path: Below the root.
            newest: The newest schema that is understood, where the file names one.

        Raises:
            RecordError: The file is damaged, or a `ForeignRecordError`: a newer program may sign
                what it writes in another way, so that its schema is looked at first.
        """
        content = self.read(path, MOST_JSON)
        if content is None:
            return None
        where = self.where(path)
        values = parse_object(content, where)
        if newest is not None:
            refuse_newer(values.get("schema"), newest, where)
        return unsigned(values, where)

    def write_json(self, path: str, values: Mapping[str, Any]) -> None:
        """Write an object with its checksum."""
        self.write(path, json.dumps(signed(values), indent=1).encode())

    @contextlib.contextmanager
    def together(self, *, durable: bool = True) -> Iterator[None]:
        """Let what is written in the block show at its end, all of it or nothing.

        On other file systems than this machine's each file is written as it comes.

        Args:
            durable: Whether it must outlast a power loss, as all must that nobody would write
                again.
        """
        batch = Batch(durable=durable)
        self._open.batch = batch
        try:
            yield
            with store_errors():
                batch.commit()
        finally:
            self._open.batch = None
            batch.discard()

    def write(self, path: str, content: bytes) -> None:
        """Write a whole file, replacing what was there in one step.

        When this returns, or the block of `together` ends, a power loss takes it no more, as far
        as the file system keeps what it promises.
        """
        batch: Batch | None = getattr(self._open, "batch", None)
        local = isinstance(self._fs, fs.LocalFileSystem)
        if batch is None and local:
            with self.together():
                self.write(path, content)
            return
        target = f"{self.root}/{path}"
        with store_errors():
            if batch is not None and local:
                batch.add(Path(target), content)
                return
            with self._fs.open_output_stream(target) as file:
                file.write(content)

    def delete(self, path: str) -> None:
        """Remove a file, if it exists."""
        with store_errors(), contextlib.suppress(FileNotFoundError):
            self._fs.delete_file(f"{self.root}/{path}")

    def put_aside(self, path: str) -> str:
        """Move what stands in a file's place aside; return its name then, empty if nothing does."""
        folder, _, name = path.rpartition("/")
        there = set(self.list(folder))
        if name not in there:
            return ""
        aside = name_aside(name, there)
        with store_errors():
            self._fs.move(f"{self.root}/{path}", f"{self.root}/{folder}/{aside}")
        return aside

    def list(self, path: str) -> Iterator[str]:
        """Yield the names directly below a directory, none if it does not exist.

        Raises:
            RecordError: Something else is in its place, on this machine's file system.
        """
        if self.local_root is not None:  # without a look at each file
            target = f"{self.root}/{path}"
            with store_errors(), contextlib.suppress(FileNotFoundError):
                try:
                    with os.scandir(target) as entries:
                        names = [entry.name for entry in entries]
                except OSError as error:
                    if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                        raise
                    raise RecordError(
                        f"{target} must be a folder, but: {error.strerror}"
                    ) from error
                yield from names
            return
        selector = fs.FileSelector(f"{self.root}/{path}", allow_not_found=True)
        with store_errors():
            found = self._fs.get_file_info(selector)
        for info in found:
            yield info.base_name

    def tree(self, path: str) -> Iterator[str]:
        """Yield the names of all files below a directory, from there, none if it does not exist."""
        base = f"{self.root}/{path}"
        selector = fs.FileSelector(base, allow_not_found=True, recursive=True)
        with store_errors():
            found = self._fs.get_file_info(selector)
        for info in found:
            if info.type == fs.FileType.File:
                yield info.path.removeprefix(f"{base}/")

    def where(self, path: str) -> str:
        """Return a file's full name for messages."""
        return f"{self.root}/{path}"

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        with store_errors():
            found: bool = self._fs.get_file_info(f"{self.root}/{path}").type == fs.FileType.File
        return found

    def write_checked(self, path: str, content: bytes) -> None:
        """Write a whole file, its checksum first."""
        self.write(path, hashlib.sha256(content).digest() + content)

    def read_checked(self, path: str) -> bytes | None:
        """Return what `write_checked` wrote, None if it does not exist.

        Raises:
            RecordError: It does not match its checksum.
        """
        is_wrong = self._is_large_and_wrong(path, MOST_BYTES)
        content = b"" if is_wrong else self.read(path)
        if content is None:
            return None
        if is_wrong or hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
            raise RecordError(f"{self.where(path)} must match its checksum, but does not")
        return content[DIGEST:]

    def _is_large_and_wrong(self, path: str, most: int, sha256: str | None = None) -> bool:
        """Return whether a large file of this machine's is not as it was written.

        It may be sparse, and larger than the memory. Arguments are those of `matches`.
        """
        if self.local_root is None:
            return False
        target = self.local_root / path
        with store_errors():
            try:
                return target.stat().st_size > _LARGE and not matches(target, most, sha256)
            except (FileNotFoundError, NotADirectoryError):
                return False


def name_aside(name: str, there: Collection[str]) -> str:
    """Return the name that a damaged file is kept under, beside those that are there."""
    names = (f"{name}.damaged-{number}" for number in itertools.count(1))
    return next(each for each in names if each not in there)


def refuse_password(uri: str) -> None:
    """Refuse a URI that holds a password.

    Raises:
        ValueError: It does; the message does not repeat it.
    """
    if "://" in uri and holds_secret(uri):
        raise ValueError(
            "the place of the results must hold no key or password, because it is shown in logs "
            "and records, but it does. Use an instance profile, ~/.aws/credentials or AWS_PROFILE"
        )
