"""Files of this machine that outlast a power loss once they are said to be written.

A file's content and its name are two things to a disk: content is flushed before the name shows it,
and the folder that holds the name after. Files that belong together are flushed side by side,
since a disk takes several flushes at once for little more than one.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

_FLUSHES = 8
"""At the same time, of a process."""
_NO_FLUSH_OF_FOLDERS = {errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EACCES}
"""What file systems say that have no such thing."""


class Batch:
    """Files that are written together: none shows before all are on disk.

    Args:
        durable: Whether they must outlast a power loss; if not, each still shows whole or not at
            all.
    """

    def __init__(self, *, durable: bool) -> None:
        self._durable = durable
        self._files: list[tuple[Path, Path]] = []  # temporary and final
        self._folders: set[Path] = set()

    def add(self, final: Path, content: bytes) -> None:
        """Write a file's content beside its place."""
        self._make(final.parent)
        temporary = final.with_name(f".{final.name}.{uuid.uuid4().hex[:12]}")
        self._files.append((temporary, final))
        temporary.write_bytes(content)

    def commit(self) -> None:
        """Put the files in their places, in the order in which they were added."""
        if self._durable:
            _side_by_side(temporary for temporary, _ in self._files)
        for temporary, final in self._files:
            temporary.replace(final)
        if self._durable:
            _side_by_side(self._folders | {final.parent for _, final in self._files})

    def discard(self) -> None:
        """Remove what is not in its place."""
        for temporary, _ in self._files:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir() and folder != folder.parent:
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._folders.add(each.parent)  # which holds its name


def _side_by_side(paths: Iterable[Path]) -> None:
    each = list(paths)
    if len(each) == 1:
        _flush(each[0])
        return
    list(_pool().map(_flush, each))


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads that flush: to start some for each record takes as long as a flush."""
    os.register_at_fork(after_in_child=_pool.cache_clear)  # no child has its parent's threads
    return ThreadPoolExecutor(_FLUSHES, thread_name_prefix="incay-flush")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH_OF_FOLDERS or not path.is_dir():
            raise
    finally:
        os.close(descriptor)
