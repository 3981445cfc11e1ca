"""How a trial may end, in one place: a new ending is a few lines here.

Tables, statuses and mirrors ask an ending for its nature instead of naming each one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum, StrEnum


class Nature(Enum):
    """What kind of end it is."""

    WHOLE = "whole"
    """Trained to its end, be it that of its own rule, early stopping: it has values."""
    CUT = "cut"
    """Ended early by the study's own rule: it has values up to there."""
    FAULT = "fault"
    """Something went wrong: it has no value."""
    OPEN = "open"
    """Left by somebody: it goes on when the study is run again."""


class Ending(StrEnum):
    """The ending that a record holds, in the order in which endings are listed."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    PRUNED = "pruned"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def nature(self) -> Nature:
        """What kind of end it is."""
        return _NATURES[self]

    @property
    def is_whole(self) -> bool:
        """Whether the trial was trained to its end."""
        return self.nature is Nature.WHOLE

    @property
    def is_cut(self) -> bool:
        """Whether a study ended the trial early, by its own rule."""
        return self.nature is Nature.CUT

    @property
    def is_open(self) -> bool:
        """Whether the trial goes on when the study is run again."""
        return self.nature is Nature.OPEN

    @property
    def is_failure(self) -> bool:
        """Whether an error ended the trial, which is no result."""
        return self.nature is Nature.FAULT and not self.is_final

    @property
    def is_final(self) -> bool:
        """Whether it is a result: a trial that ended so is never trained again."""
        return self in _FINAL


_NATURES = {
    Ending.COMPLETED: Nature.WHOLE,
    Ending.STOPPED: Nature.WHOLE,
    Ending.PRUNED: Nature.CUT,
    Ending.DIVERGED: Nature.FAULT,
    Ending.FAILED: Nature.FAULT,
    Ending.INTERRUPTED: Nature.OPEN,
}
_FINAL = {Ending.COMPLETED, Ending.STOPPED, Ending.PRUNED, Ending.DIVERGED}


class Unended(StrEnum):
    """What is said of a trial without a record that can be used."""

    DAMAGED = "damaged"
    """Its record cannot be read."""
    RUNNING = "running"
    """It has reported."""
    PENDING = "pending"
    """Nothing is known of it."""

    @property
    def is_whole(self) -> bool:
        """No trial without a record was trained to its end."""
        return False

    @property
    def is_open(self) -> bool:
        """Whether its end is still to come; one that is damaged has ended."""
        return self is not Unended.DAMAGED


Status = Ending | Unended

ORDER: tuple[Status, ...] = (*Ending, *Unended)
"""All that may be said of a trial, in the order in which it is listed."""


def count_statuses(statuses: Iterable[str]) -> dict[Status, int]:
    """Return how many trials each is said of, in order, without zeros."""
    counts = Counter(statuses)
    return {status: counts[status] for status in ORDER if counts[status]}
