"""Ends a worker process that hangs, so that its trial goes on elsewhere.

A hang inside a library or a driver stops every Python thread, so the clock is the C one of
`faulthandler`: it prints where each thread stands to the worker's log and ends the process. To
the study that is a lost worker: the trial goes on from its last checkpoint.
"""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SECONDS_BETWEEN_BEATS = 1.0
_STDERR = 2  # the descriptor: `sys.stderr` may have been replaced


class Watchdog:
    """Expects a sign of life every so often while its `watching` block runs.

    Args:
        seconds: The longest silence.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._beaten = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs."""
        self._beaten = 0.0
        self.beat()
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    def beat(self) -> None:
        """Give a sign of life; cheap enough for every step."""
        now = time.monotonic()
        if now - self._beaten >= _SECONDS_BETWEEN_BEATS:
            self._beaten = now
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=_STDERR)
