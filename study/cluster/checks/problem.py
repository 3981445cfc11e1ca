"""What `incay doctor` finds: each problem says where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something that will not work.

    Attributes:
        where: A file and key, or a node.
        what: What must hold and what came instead.
        remedy: What to do.
    """

    where: str
    what: str
    remedy: str
