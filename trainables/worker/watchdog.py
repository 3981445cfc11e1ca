"""Signs of life of a worker process, and what it says of itself when it gives none.

Who stands still cannot end itself, so the run's driver does: it hears a beat while batches are
trained (`incay.study.execution.on_ray.stalls`). A hang inside a library or a device's driver stops
every Python thread, so the clock here is the C one of `faulthandler`: it prints where each thread
stands to the worker's log. It ends nothing, because it cannot tell a hang from a process that was
suspended, as by Ctrl-Z, together with the run.
"""

from __future__ import annotations

import faulthandler
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SECONDS_BETWEEN_BEATS = 1.0
_STDERR = 2  # the descriptor: `sys.stderr` may have been replaced
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_TOLD_PER_STALL = 10


class Watchdog:
    """Expects a sign of life every so often while its `watching` block runs.

    Args:
        seconds: The longest silence.
        tell: Takes the number of signs so far, a few times per `seconds` while there are new ones;
            called in a thread of its own, so that training waits for no network.
    """

    def __init__(self, seconds: float, tell: Callable[[int], None]) -> None:
        self._seconds = seconds
        self._tell = tell
        self._beats = 0
        self._armed = 0.0
        threading.Thread(target=self._keep_telling, name="beats", daemon=True).start()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs."""
        self._arm(time.monotonic())
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    def beat(self) -> None:
        """Give a sign of life; cheap enough for every step."""
        self._beats += 1
        now = time.monotonic()
        if now - self._armed >= _SECONDS_BETWEEN_BEATS:
            self._arm(now)

    def _arm(self, now: float) -> None:
        self._armed = now
        faulthandler.dump_traceback_later(self._seconds, file=_STDERR)

    def _keep_telling(self) -> None:
        pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, self._seconds / _TOLD_PER_STALL))
        told = 0  # the first is that of the first batch: until then a worker is starting
        while True:
            beats = self._beats
            if beats != told:
                with suppress(Exception):  # Ray's own kinds: the next one may come through
                    self._tell(beats)
                    told = beats
            time.sleep(pause)
