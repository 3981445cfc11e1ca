"""Opens a store that a user has named: what is wrong with the name is told without its secrets.

Every command names this module at its top, so that Arrow is imported only where a store is opened.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from incay.trainables.errors import UserError

if TYPE_CHECKING:
    from incay.trainables.store.trials import Store


def open_store(results: str | Path, named: str = "--results") -> Store:
    """Return the store at a path or URI.

    Args:
        results: The path or URI.
        named: What the user calls it, for messages.

    Raises:
        UserError: As of `check_place`; or it is there and no directory, or no URI that is
            understood.
    """
    from incay.trainables.store.trials import Store

    check_place(results, named)
    try:
        store = Store(results)
        if store.local_root is not None:
            _require_directory(store.local_root)
        return store
    except (ValueError, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        raise UserError(
            f"{named} must be a directory or a URI such as s3://bucket/path, but is "
            f"{str(results)!r}: {said or error}"
        ) from error


def check_place(results: str | Path, named: str = "--results") -> None:
    """Refuse a place of results that no machine could take.

    Raises:
        UserError: It is empty, a URI without its slashes, or holds a password, which would stand in
            books and logs.
    """
    from incay.trainables.store.files import refuse_password

    if not str(results):
        raise UserError(f"{named} must name a directory or a URI, but is empty: . is this folder")
    if re.match(r"[a-z][a-z0-9+.-]+:(?!//)", str(results)):
        raise UserError(
            f"{named} must be a directory or a URI such as s3://bucket/path, but is "
            f"{str(results)!r}: // follows a URI's scheme; a directory of that name is ./{results}"
        )
    try:
        refuse_password(str(results))
    except ValueError as error:
        raise UserError(f"{named}: {error}") from None


def _require_directory(root: Path) -> None:
    """Refuse what stands in the place of a directory; nothing may, since a run makes it.

    Raises:
        ValueError: It is a file, a pipe or a device.
        OSError: It cannot be looked at, as a link to itself.
    """
    try:
        about = root.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(about.st_mode):
        raise ValueError("that is a file" if stat.S_ISREG(about.st_mode) else "that is no folder")
