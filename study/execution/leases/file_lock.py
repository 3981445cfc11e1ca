"""A lock of the operating system's, of one process or shared: it ends with who holds it.

`filelock`, which locks everything else here, has none that several may share.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from incay.trainables.store.problems import store_errors

if sys.platform != "win32":
    import fcntl

_HELD = {errno.EAGAIN, errno.EACCES}


class FileLock:
    """A lock on a file, held or refused at once. Child processes do not inherit it.

    Args:
        path: The file; it is made where it is missing, and stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._descriptor is not None

    def acquire(self, *, shared: bool) -> bool | None:
        """Return whether it is had; None where the file system has no locks.

        Args:
            shared: Whether others may share it.

        Raises:
            StoreError: The file cannot be made.
        """
        with store_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            return None
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:  # as of a file system without locks
            return None
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            return False if error.errno in _HELD else None
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let go of it, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
