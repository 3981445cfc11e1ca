"""Time as a process has lived it: what it stood still does not count."""

from __future__ import annotations

import time
from collections.abc import Callable

_SHARE = 0.05
_LONGEST_GAP = 5.0


class AwakeClock:
    """Seconds in which its owner was awake, as far as its readings tell.

    Who is suspended together with others (Ctrl-Z, a laptop that sleeps, a virtual machine that is
    moved) must not take them for dead when all wake up again.

    Args:
        patience: The seconds that its owner measures by it. Of what lies between two readings a
            twentieth of that counts, at most: more is a process that was suspended, or waited.
        clock: Tells the time.
    """

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest_gap = min(_LONGEST_GAP, _SHARE * patience)
        self._clock = clock
        self._read = clock()
        self._seconds = 0.0

    def now(self) -> float:
        """Return the seconds so far; read it often, or it falls behind."""
        read = self._clock()
        self._seconds += min(max(0.0, read - self._read), self._longest_gap)
        self._read = read
        return self._seconds
