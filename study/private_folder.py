"""Whether other users of this machine could change a file, or put another in its place."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

_OVERFLOW = Path("/proc/sys/kernel/overflowuid")


def changeable(path: Path) -> str:
    """Return how others could change what a path holds; empty if they cannot.

    Args:
        path: A file or folder that exists.

    Returns:
        The path that is to blame, and why: ``/data can be written by others (mode 0777)``.
    """
    path = path.resolve()
    return _foreign(path, path.stat(), may_be_sticky=False) or replaceable(path.parent)


def replaceable(folder: Path) -> str:
    """Return how others could rename or replace what we put into a folder; empty if they cannot.

    Whoever may write to a folder may rename what lies in it, whoever owns that; but not where the
    folder is sticky, as ``/tmp`` is.

    Args:
        folder: A folder that exists.
    """
    folder = folder.resolve()
    problems = (
        _foreign(each, each.stat(), may_be_sticky=True) for each in (folder, *folder.parents)
    )
    return next(filter(None, problems), "")


def _foreign(path: Path, about: os.stat_result, *, may_be_sticky: bool) -> str:
    mode = stat.S_IMODE(about.st_mode)
    if about.st_uid not in (0, os.geteuid(), _nobody_here()):
        return f"{path} belongs to another user ({_name(about.st_uid)})"
    if may_be_sticky and mode & stat.S_ISVTX:
        return ""
    others = mode & stat.S_IWOTH or (mode & stat.S_IWGRP and not _is_own_group(about.st_gid))
    return f"{path} can be written by others (mode {mode:04o})" if others else ""


def _nobody_here() -> int:
    """Return whom files of users outside of a container seem to belong to: they are not in it."""
    try:
        return int(_OVERFLOW.read_text())
    except (OSError, ValueError):
        return 65534


def _is_own_group(gid: int) -> bool:
    """Return whether a group is a user's private one, as many systems give everybody."""
    if gid == 0:
        return True  # root's: who is in it may change everything
    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    own = _name(os.geteuid())
    return group.gr_name == own and not set(group.gr_mem) - {own}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
