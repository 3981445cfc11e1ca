"""What is damaged or odd in a set of images: collected, so that all of it is named at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from incay.trainables.data.base import DataError

OnDamaged = Literal["refuse", "skip"]
"""What becomes of damaged and odd files: none may be there, or they are left out and counted."""

ON_DAMAGED = ("refuse", "skip")
_NAMED = 3


class Problem(NamedTuple):
    """One thing that is not as it must be."""

    text: str
    """Where, what must hold and what came."""
    skippable: bool = True
    """Whether the set is still the same set without it."""


class DamageError(DataError):
    """One damaged or odd file, or several.

    Attributes:
        problems: What is wrong with each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        texts = [problem.text for problem in self.problems]
        more = len(texts) - _NAMED
        if more > 0:
            last = f"and {more:,} more like these: `incay data verify` names all"
            texts = [*texts[:_NAMED], last]
        super().__init__("\n  ".join(texts))


def settle(problems: Iterable[Problem], on_damaged: OnDamaged) -> None:
    """Raise a `DamageError` if there are problems that are not to be skipped: it names those."""
    skips = on_damaged == "skip"
    refuse(problem for problem in problems if not (skips and problem.skippable))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise a `DamageError` if there is any problem."""
    problems = tuple(problems)
    if problems:
        raise DamageError(problems)


def shown(path: Path) -> str:
    """Return a path for a message: what cannot be printed is escaped."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
