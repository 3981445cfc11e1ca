"""Where this machine keeps for a user what can be made again: the user's cache."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(of: str) -> Path:
    """Return the folder of one cache, which need not exist. Decoded images have theirs beside it.

    Args:
        of: What it holds.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "incay" / of
