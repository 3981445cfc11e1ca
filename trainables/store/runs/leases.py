"""The files by which drivers keep out of each other's way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from incay.trainables.store.files import Files
from incay.trainables.store.reading.damage import RecordError


class LeaseFiles:
    """A lease and its lock.

    Args:
        files: The store.
        folder: Where they lie.

    Attributes:
        folder: As above.
        lock: The file to lock; None where there are no locks.
    """

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self.folder = folder
        self._path = f"{folder}/lease.json"
        root = files.local_root
        self.lock: Path | None = None if root is None else root / folder / "lock"

    def read(self) -> dict[str, Any]:
        """Return who holds it; empty where nobody does, or it cannot be read."""
        try:
            return self._files.read_json(self._path) or {}
        except RecordError:
            return {}

    def write(self, holder: Mapping[str, Any]) -> None:
        """Write who holds it."""
        with self._files.together(durable=False):  # no holder outlives a power loss
            self._files.write_json(self._path, holder)

    def delete(self) -> None:
        """Write that nobody holds it."""
        self._files.delete(self._path)
