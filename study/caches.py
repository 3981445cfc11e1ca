"""What this machine keeps for a user and can make again: files in the user's cache."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def cache_folder(of: str) -> Path:
    """Return the folder of one cache, which need not exist.

    Decoded images have theirs beside it, by a function of their own: it counts in the fingerprints
    of data sets that decode.

    Args:
        of: What it holds.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "incay" / of


def keep(of: str, name: str, values: Mapping[str, float]) -> None:
    """Keep some numbers; a folder that cannot be written is done without."""
    path = cache_folder(of) / f"{name}.json"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def kept(of: str, name: str, *wanted: str) -> list[float] | None:
    """Return numbers that were kept, None if they are not all there."""
    try:
        path = cache_folder(of) / f"{name}.json"
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        return [float(found[each]) for each in wanted]
    except (OSError, ValueError, TypeError, LookupError):
        return None
