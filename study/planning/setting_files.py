"""Files that a network's or a loss's settings name: what is in them is part of the trial."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

from incay.trainables.by_object import by_object
from incay.trainables.config import TrialConfig
from incay.trainables.data.base import DataError, hash_files
from incay.trainables.data.images.memory import available_bytes
from incay.trainables.data.inspection.files import special
from incay.trainables.names import flatten
from incay.trainables.settings import Settings, to_dict


def files_hash(config: TrialConfig, root: Path | None, known: dict[Path, str]) -> str:
    """Return one hash of the files that settings name, nothing where they name none.

    A data set hashes its own files.

    Args:
        config: The trial.
        root: The data root.
        known: Hashes of files; each is read once and added.

    Raises:
        DataError: A file cannot be read.
    """
    found = {
        (name, _hash(path, known))
        for name, value in _texts(config)
        for path in _candidates(value, root)
        if _is_file(name, path)
    }
    if not found:
        return ""
    return hashlib.sha256(json.dumps(sorted(found)).encode()).hexdigest()


def _texts(config: TrialConfig) -> Iterator[tuple[str, str]]:
    """Yield the settings that may be paths: a name with an ending, or one of several parts."""
    for kind in ("network", "loss", "optimizer", "schedule"):
        yield from _texts_of(getattr(config, kind), kind)


@by_object
def _texts_of(part: Settings, kind: str) -> list[tuple[str, str]]:
    return [
        (name, item)
        for name, value in flatten({kind: to_dict(part)}).items()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str) and "\0" not in item and ("/" in item or "." in item)
    ]


def _candidates(value: str, root: Path | None) -> list[Path]:
    """Return where a component may look: below the data root, or where it runs."""
    path = Path(value)
    if path.is_absolute():
        return [path]
    return [path] if root is None else [root / path, path]


def _is_file(setting: str, path: Path) -> bool:
    """Return whether a setting names a file; refuse what a trial would read without an end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False  # not there, too long for a path, or in a folder that is closed to us
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return stat.S_ISREG(mode)
    raise DataError(f"{setting} must name a regular file, but {path} is {special(mode)}")


def _hash(path: Path, known: dict[Path, str]) -> str:
    path = path.resolve()
    if path not in known:
        size, most = path.stat().st_size, available_bytes()
        if most is not None and size > most:
            raise DataError(
                f"{path}, which a setting names, must fit into memory ({most / 1e9:,.1f} GB are "
                f"available), but has {size / 1e9:,.1f} GB"
            )
        known[path] = hash_files([path])
    return known[path]
