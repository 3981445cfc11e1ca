"""Files that a user names to be written: what is no file is refused before it is opened."""

from __future__ import annotations

from pathlib import Path

from incay.trainables.errors import UserError


def write_named(path: Path, content: str | bytes) -> None:
    """Write a file at a path that a user gave, in the place of one that is there.

    Args:
        path: The file; its folder must be there.
        content: Its bytes, or its text.

    Raises:
        UserError: A folder, a pipe or a device stands there: to open a pipe waits until somebody
            reads it.
        OSError: It cannot be written.
    """
    if path.exists() and not path.is_file():
        raise UserError(
            f"{path} must be a file that can be written, but is a folder, a pipe or a device"
        )
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
