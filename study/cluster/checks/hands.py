"""What others of this machine could read or change of what a cluster is started with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from incay.study.cluster.checks.problem import Problem
from incay.study.cluster.file import ClusterFile, mapping
from incay.study.privacy import Exposure, changeable, readable

_SECRET = ("auth_token", "credential", ".pem", ".netrc", ".pgpass", "id_", "key", "secret")
"""What the names of files have in them that nobody else should read."""


def hands_problems(file: ClusterFile) -> Iterator[Problem]:
    """Yield which files others can change, or read where they hold secrets."""
    yield from _told(str(file.path), changeable(file.path) if file.path.exists() else None)
    for target, source in mapping(file.values.get("file_mounts")).items():
        is_secret = any(word in Path(str(source)).name.lower() for word in _SECRET)
        yield from _told(f"file_mounts.{target}", _exposed(str(source), is_secret=is_secret))
    key = mapping(file.values.get("auth")).get("ssh_private_key")
    if key is not None:
        yield from _told("auth.ssh_private_key", _exposed(str(key), is_secret=True))


def _exposed(source: str, *, is_secret: bool) -> Exposure | None:
    path = Path(source).expanduser()
    if not path.exists():
        return None  # said elsewhere
    to_read = readable(path) if is_secret and path.is_file() else None
    return to_read or changeable(path)


def _told(where: str, exposed: Exposure | None) -> Iterator[Problem]:
    if exposed is not None:
        yield Problem(where, f"must be yours alone, but {exposed}", exposed.remedy)
