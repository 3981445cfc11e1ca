"""Folders for what is needed for a while, in the place for temporary files (``TMPDIR``).

Each is its user's alone and goes with its block. What a killed process has left goes with the next
one: as long as somebody uses a folder, a lock in it is held.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_LOCK = ".incay-scratch"
"""No other folder has a file of this name: what is swept away was made here."""


class Scratch:
    """A folder for a while: until `remove`, or until its process is gone and somebody sweeps.

    Attributes:
        folder: Where it lies; there is a lock in it.
    """

    def __init__(self, kind: str, base: Path | None = None) -> None:
        """Make one.

        Args:
            kind: What it is for, a word for its name.
            base: In which folder; by default the place for temporary files.
        """
        made = Path(tempfile.mkdtemp(prefix=f".incay-{kind}-", dir=base))
        self._lock = FileLock(made / _LOCK)
        self._lock.acquire()
        self.folder = made.rename(made.with_name(made.name[1:]))  # not to be swept before

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()


@contextmanager
def scratch(kind: str, base: Path | None = None) -> Iterator[Path]:
    """Return an empty folder for what is written in the block; see `Scratch`.

    Those of its kind that killed processes have left are removed.
    """
    sweep(base or Path(tempfile.gettempdir()), kind)
    made = Scratch(kind, base)
    try:
        folder = made.folder / "own"
        folder.mkdir()
        yield folder
    finally:
        made.remove()


def sweep(base: Path, kind: str = "*", before: Callable[[Path], object] | None = None) -> None:
    """Remove folders that killed processes of this user have left.

    Args:
        base: Where they lie.
        kind: Of which kind; all by default.
        before: Called with each before it is removed.
    """
    for folder in base.glob(f"incay-{kind}-*"):
        with suppress(OSError, Timeout):
            about = folder.lstat()
            is_mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
            if not is_mine or not (folder / _LOCK).exists():
                continue
            with FileLock(folder / _LOCK, timeout=0):
                if before is not None:
                    before(folder)
                shutil.rmtree(folder, ignore_errors=True)
