"""Where files lie that settings of a component name: below the data root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DATA_ROOT = "INCAY_DATA"
"""The environment variable that names the data root, on the command line too."""


def set_data_root(root: Path | None) -> None:
    """Tell this process the data root; None leaves it as it is."""
    if root is not None:
        os.environ[DATA_ROOT] = str(root.absolute())


@contextmanager
def data_root_set(root: Path | None) -> Iterator[None]:
    """Tell this process the data root while the block runs."""
    before = os.environ.get(DATA_ROOT)
    set_data_root(root)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(DATA_ROOT, None)
        else:
            os.environ[DATA_ROOT] = before


def places_of(file: str) -> list[Path]:
    """Return where a file that a setting names may lie: below the data root, or where we run."""
    root = os.environ.get(DATA_ROOT)
    if root is None or Path(file).is_absolute():
        return [Path(file)]
    return [Path(root, file), Path(file)]
