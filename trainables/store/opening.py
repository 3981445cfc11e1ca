"""Opens a store that a user has named: what is wrong with the name is told without its secrets.

Every command names this module at its top, so that Arrow is imported only where a store is opened.
"""

from __future__ import annotations

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
        UserError: It holds a password, is a file, or no URI that is understood.
    """
    from incay.trainables.store.trials import Store

    refuse_secrets(results, named)
    try:
        store = Store(results)
        place = store.local_root
        if place is not None and place.exists() and not place.is_dir():
            raise ValueError("that is a file" if place.is_file() else "that is no folder")
        return store
    except (ValueError, OSError) as error:
        raise UserError(
            f"{named} must be a directory or a URI such as s3://bucket/path, but is "
            f"{str(results)!r}: {error}"
        ) from error


def refuse_secrets(results: str | Path, named: str = "--results") -> None:
    """Refuse a URI of results that holds a password: it would stand in books and logs.

    Raises:
        UserError: It does.
    """
    from incay.trainables.store.files import refuse_password

    try:
        refuse_password(str(results))
    except ValueError as error:
        raise UserError(f"{named}: {error}") from None
