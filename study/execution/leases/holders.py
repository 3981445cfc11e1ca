"""Who holds a lease, as its file tells, and whether that process is gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MOST_TOLD = 3


def is_gone(holder: Mapping[str, Any]) -> bool:
    """Return whether a holder was a process that this one could see, and is gone."""
    if not is_of_this_boot(holder) or holder.get("processes") != process_namespace():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, KeyError, ValueError, TypeError, OverflowError):
        return False
    return False


def is_of_this_boot(holder: Mapping[str, Any]) -> bool:
    """Return whether a holder's process was of this machine since it started; not where unknown."""
    return bool(boot()) and holder.get("boot") == boot()


def who(holder: Mapping[str, Any]) -> str:
    """Return who a holder is, in words."""
    return f"process {holder['pid']} on {holder.get('host')}" if "pid" in holder else "another"


def who_run(held: Mapping[str, Mapping[str, Any]]) -> str:
    """Return who runs which arms, in words.

    Args:
        held: Holders by the name of the arm.
    """
    told = [f"{who(each)} is running {arm!r}" for arm, each in list(held.items())[:_MOST_TOLD]]
    more = len(held) - len(told)
    return " and ".join(told) + (f", and {more} more are run" if more else "") or "another does"


def boot() -> str:
    """Return what tells this boot of this machine from any other, empty if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def process_namespace() -> str:
    """Return what tells where this process's number counts, empty if unknown."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
