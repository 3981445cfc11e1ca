"""Decoded images, kept on disk so that a second start does not decode them again.

They lie in ``incay/decoded`` under ``XDG_CACHE_HOME`` (``~/.cache``), one folder per key. The
key is a hash of the data set's settings, of its files' content and of the decoding code, so a
folder never goes stale; deleting any of them costs one more decoding and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL

from incay.trainables.settings import Component, to_dict
from incay.trainables.source.versions import version_of

Arrays = Mapping[str, npt.NDArray[Any]]

CHECKSUMS = "checksums.json"
"""Written last, with the SHA-256 of every array's file."""

_log = logging.getLogger(__name__)


def cached(dataset: Component, content_hash: str, make: Callable[[], Arrays]) -> Arrays:
    """Return what `make` returns, from the cache if it is there.

    Arrays from the cache are read-only and mapped from the file: processes on one machine
    share their memory. A damaged entry is made anew; a cache that cannot be written to is
    reported once and done without.

    Args:
        dataset: Settings that decide what is made.
        content_hash: Of the files that it is made of.
        make: Makes the arrays, by name.
    """
    folder = cache_folder() / _key(dataset, content_hash)
    found = _read(folder)
    if found is not None:
        return found
    arrays = make()
    try:
        _write(folder, arrays)
    except OSError as error:
        _log.warning("decoded images of %s are not kept: %s", dataset.name, error)
        return arrays
    return _read(folder) or arrays


def cache_folder() -> Path:
    """Return the folder that holds decoded images."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "incay" / "decoded"


def _key(dataset: Component, content_hash: str) -> str:
    code = version_of(type(dataset).__module__)
    parts = [to_dict(dataset), content_hash, code, PIL.__version__]
    text = json.dumps(parts, sort_keys=True)
    return f"{dataset.name}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _read(folder: Path) -> Arrays | None:
    if not folder.is_dir():
        return None
    try:
        checksums = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        arrays = {}
        for name, checksum in checksums.items():
            path = folder / f"{name}.npy"
            if _checksum(path) != checksum:
                raise ValueError(f"{path} does not match its checksum")
            # asarray: a plain array, which still reads from the mapped file.
            arrays[name] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        return arrays
    except (OSError, ValueError, AttributeError) as error:
        _log.warning("decoded images are made anew, because the cache is damaged: %s", error)
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _write(folder: Path, arrays: Arrays) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as temporary:
        filling = Path(temporary) / folder.name
        filling.mkdir()
        checksums = {}
        for name, array in arrays.items():
            path = filling / f"{name}.npy"
            np.save(path, array, allow_pickle=False)
            checksums[name] = _checksum(path)
        (filling / CHECKSUMS).write_text(json.dumps(checksums), encoding="utf-8")
        try:
            filling.rename(folder)
        except OSError:
            # Another process wrote the same entry first.
            if not (folder / CHECKSUMS).is_file():
                raise


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
