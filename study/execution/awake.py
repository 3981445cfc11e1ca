"""Time as a process has lived it: what it stood still does not count."""

from __future__ import annotations

import time
from collections.abc import Callable

_LONGEST_GAP = 5.0
"""Seconds between two readings that count: more is a process that was suspended, or waited."""


class AwakeClock:
    """Seconds in which its owner was awake, as far as its readings tell.

    Who is suspended together with others (Ctrl-Z, a laptop that sleeps, a virtual machine that is
    moved) must not take them for dead when all wake up again.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read = clock()
        self._seconds = 0.0

    def now(self) -> float:
        """Return the seconds so far; read it more often than every few seconds."""
        read = self._clock()
        self._seconds += min(max(0.0, read - self._read), _LONGEST_GAP)
        self._read = read
        return self._seconds
