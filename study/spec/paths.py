"""Paths in a study: they stay below the data root, since a study may come from anybody."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Literal

ANYWHERE: Literal["anywhere"] = "anywhere"
"""For commands that open nothing of what a study names."""

Root = Path | None | Literal["anywhere"]
"""Where a study's files must lie; None where nothing says so, so that no absolute path fits."""


def leaves(path: str, root: Root) -> bool:
    """Return whether a setting that is a path leads out of the data root.

    Absolute paths are compared with the root as both are once they are resolved, and as they are
    written: a link within the root leads where its owner has put it. Of relative ones, which
    each component puts below a folder of its own, none may go up.
    """
    if not PurePosixPath(path).is_absolute():
        windows = PureWindowsPath(path)
        return bool(windows.anchor) or ".." in (*windows.parts, *PurePosixPath(path).parts)
    if root == ANYWHERE:
        return False
    if root is None:
        return True
    written = _below(Path(os.path.abspath(path)), Path(os.path.abspath(root)))  # noqa: PTH100
    up = ".." in PurePosixPath(path).parts
    return not (written and not up) and not _below(Path(path).resolve(), Path(root).resolve())


def _below(path: Path, root: Path) -> bool:
    return path.is_relative_to(root)
