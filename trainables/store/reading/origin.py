"""Where a trial comes from: what a record's provenance may say, checked where it is read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from incay.trainables.store.reading.door import require, shaped, shaped_text


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A process that began or went on with a trial, or a checkpoint that could not be used.

    Attributes:
        host: Its machine.
        from_step: Where it began.
        discarded: Why a checkpoint was not used.
    """

    host: str = ""
    from_step: int = 0
    discarded: str = ""


@dataclass(frozen=True, kw_only=True)
class Stacked:
    """With whom a trial trained that was to train in a stack.

    Attributes:
        members: How many trials its stack had, at most, itself counted.
        version: Of the code that trains stacks.
        alone_because: Why it trained alone; empty where it did not, or for no reason.
    """

    members: int = 1
    version: str = ""
    alone_because: str = ""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """How many damaged images of each split were left out."""

    train: int = 0
    test: int = 0


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The parts of a provenance that anything is made of; there may be others, and any may lack.

    Times are not among them: whoever reads one takes none that a clock does not show.
    """

    host: str | None = None
    python: str | None = None
    device: str | None = None
    device_type: str | None = None
    git_commit: str | None = None
    git_diff: str | None = None
    own_code: str | None = None
    threads: int | None = None
    versions: Mapping[str, str] | None = None
    seconds: float = 0.0
    gpu_seconds: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    stacked: Stacked = field(default_factory=Stacked)
    skipped_images: Skipped = field(default_factory=Skipped)


_PARTS = frozenset(each.name for each in fields(Origin))


def require_origin(provenance: Mapping[str, Any], where: str) -> None:
    """Refuse a provenance of which something is of another type or range.

    Args:
        provenance: Of a record, or of a trial's progress.
        where: Names the file.

    Raises:
        RecordError: So it is.
    """
    _require_numbers(shaped(Origin, dict(provenance), f"{where}: provenance"), where)


def require_parts(part: str, texts: Iterable[str], where: str) -> None:
    """Refuse what `require_origin` would, of one part of many provenances, given as JSON."""
    if part in _PARTS:
        objects = ",".join(f'{{"{part}":{text}}}' for text in texts)
        for origin in shaped_text(list[Origin], f"[{objects}]".encode(), where):
            _require_numbers(origin, where)


def _require_numbers(origin: Origin, where: str) -> None:
    for name in ("seconds", "gpu_seconds"):
        value = getattr(origin, name)
        require(math.isfinite(value) and value >= 0, f"a number of {name} from 0", where)
    require(origin.stacked.members >= 1, "members of a stack >= 1", where)
