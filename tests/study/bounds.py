"""What a command may take of an input that anybody has made: a second, and 300 MB more."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzzing import SECONDS as FUZZED
from in_process import Done, incay

SECONDS = 3.0
"""Of the processor: a second, and room for a busy machine."""
_HANGS = 600 if FUZZED else 30
_BYTES = 300 * 2**20


class Hung(BaseException):
    """A command gave no answer: no error that the command itself could tell of."""


@contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Fail what takes longer, and give it no more than 300 MB of new memory."""

    def late(*_: object) -> None:
        raise Hung

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = resource.getrlimit(resource.RLIMIT_AS)
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(_HANGS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _BYTES, limits[1]))
    begun = time.process_time()
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - begun < seconds


def answered(*arguments: str, seconds: float = SECONDS) -> Done:
    """Return what a command answers: an exception would be a traceback."""
    with bounded(seconds):
        done = incay(*arguments)
    assert done.code in (0, 1, 2), done
    if done.code:
        assert done.err or done.out
        assert len(done.err) < 5_000, done.err
    return done
