"""Whether other users of this machine could read or change a file, or put another in its place."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Exposure:
    """What others of this machine could do.

    Attributes:
        path: The file or folder whose rights are to blame.
        what: What they could, or whose it is.
        mode: What `chmod` must be told to mend that; empty where it cannot.
        mends: What it must be told of; None for the path.
    """

    path: Path
    what: str
    mode: str = ""
    mends: Path | None = None

    def __str__(self) -> str:
        return f"{self.path} {self.what}"

    @property
    def remedy(self) -> str:
        """What mends it."""
        if not self.mode:
            return "Take another place"
        return f"`chmod {self.mode} {shlex.quote(str(self.mends or self.path))}` mends that"


def changeable(path: Path) -> Exposure | None:
    """Return how others could change what a path holds; None if they cannot.

    Args:
        path: A file or folder that exists.
    """
    path = path.resolve()
    return _foreign(path, path.stat(), may_be_sticky=False) or replaceable(path.parent)


def readable(path: Path) -> Exposure | None:
    """Return that others can read a file; None if they cannot.

    Args:
        path: A file that exists.
    """
    path = path.resolve()
    about = path.stat()
    if not _granted(about, stat.S_IROTH, stat.S_IRGRP):
        return None
    if not all(_granted(each.stat(), stat.S_IXOTH, stat.S_IXGRP) for each in path.parents):
        return None
    mode = stat.S_IMODE(about.st_mode)
    return Exposure(path, f"can be read by others (mode {mode:04o})", "600")


def replaceable(folder: Path) -> Exposure | None:
    """Return how others could rename or replace what we put into a folder; None if they cannot.

    Whoever may write to a folder may rename what lies in it, whoever owns that; but not where the
    folder is sticky, as ``/tmp`` is.

    Args:
        folder: A folder that exists.
    """
    folder = folder.resolve()
    problems = (
        _foreign(each, each.stat(), may_be_sticky=True) for each in (folder, *folder.parents)
    )
    return next(filter(None, problems), None)


def turnable(path: Path) -> Exposure | None:
    """Return how others could turn a link on the way to a path; None if they cannot.

    Args:
        path: What may not be there, or not yet.
    """
    return _turnable(path.absolute(), set())


def _turnable(path: Path, seen: set[Path]) -> Exposure | None:
    for place in reversed((path, *path.parents)):
        if place in seen or not place.is_symlink():
            continue
        seen.add(place)
        owner = place.lstat().st_uid
        if _is_another(owner):
            return Exposure(place, f"is a link of another user ({_name(owner)})")
        target = place.parent.resolve() / place.readlink()
        exposed = replaceable(place.parent) or _turnable(target, seen)
        if exposed is not None:
            return exposed
    return None


def changeable_inside(folder: Path, depth: int) -> Exposure | None:
    """Return how others could change what lies in a folder; None if they cannot.

    Args:
        folder: The folder. A run may write there meanwhile.
        depth: How many levels of what is in it are looked at.
    """
    for path in sorted(folder.iterdir()) if depth else ():
        with suppress(FileNotFoundError):  # written under another name first, and renamed since
            exposed = _changeable_entry(path)
            if exposed is None and path.is_dir():
                exposed = changeable_inside(path, depth - 1)
            if exposed is not None:
                return exposed
    return None


def _changeable_entry(path: Path) -> Exposure | None:
    if not path.is_symlink():
        return _foreign(path, path.lstat(), may_be_sticky=False)
    return turnable(path) or (changeable(path) if path.exists() else None)


def _is_another(uid: int) -> bool:
    return uid not in (0, os.geteuid()) and _is_user_here(uid)


def _foreign(path: Path, about: os.stat_result, *, may_be_sticky: bool) -> Exposure | None:
    mode = stat.S_IMODE(about.st_mode)
    if _is_another(about.st_uid):
        return Exposure(path, f"belongs to another user ({_name(about.st_uid)})")
    if may_be_sticky and mode & stat.S_ISVTX:
        return None
    if not _granted(about, stat.S_IWOTH, stat.S_IWGRP):
        return None
    return Exposure(path, f"can be written by others (mode {mode:04o})", "go-w")


def _granted(about: os.stat_result, to_others: int, to_group: int) -> bool:
    by_group = about.st_mode & to_group and not _is_own_group(about.st_gid)
    return bool(about.st_mode & to_others or by_group)


def _is_user_here(uid: int) -> bool:
    """Return whether a user is one of this machine's, not somebody outside of a container."""
    if os.geteuid():
        return uid != 65534  # as those outside of a user namespace seem to be
    return _name(uid) != str(uid)


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
