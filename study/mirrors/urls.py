"""URLs of paths, for MLflow and SQLAlchemy: made here and nowhere else."""

from __future__ import annotations

import atexit
import re
from functools import cache
from pathlib import Path

from incay.trainables.scratch import Scratch

_PLAIN = re.compile(r"[\w./ ,=@~:()\[\]+-]*")
"""Paths that every reader of a database's URL takes as they are."""


def file_url(path: Path) -> str:
    """Return the ``file:`` URL of an absolute path."""
    return path.as_uri()


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite database at an absolute path.

    How ``?``, ``#`` and ``%`` must be written depends on who reads it: SQLAlchemy decodes, or does
    not, by its version, and MLflow makes folders of the undecoded text. A database below such a
    folder is named by way of a link that this process owns. SQLite's own files still lie beside
    the database.
    """
    if _PLAIN.fullmatch(str(path)):
        return f"sqlite:///{path}"
    return f"sqlite:///{_linked(path.parent) / path.name}"


@cache
def _linked(folder: Path) -> Path:
    """Return a plain path of a folder, as long as this process lives."""
    own = Scratch("link")  # for this user alone
    if not _PLAIN.fullmatch(str(own.folder)):
        own.remove()
        own = Scratch("link", Path("/tmp"))
    atexit.register(own.remove)
    link = own.folder / "results"
    link.symlink_to(folder, target_is_directory=True)
    return link
