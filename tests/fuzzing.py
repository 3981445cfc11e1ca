"""Properties that are given time: so many examples in tests, or new ones for FUZZ_SECONDS.

``FUZZ_SECONDS=3600 make fuzz`` gives each file of properties an hour of the processor, with other
examples each time, and goes on after a finding. What is found becomes an ``@example``.
"""

from __future__ import annotations

import functools
import os
import random
import time
import traceback
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
"""Of the processor, for each file of properties; 0: the examples of a test."""
fixed = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
_ROUND = settings(fixed, derandomize=False, max_examples=300, phases=tuple(Phase))
Test = Callable[..., None]


def tried(examples: int, share: float = 1) -> Callable[[Test], Test]:
    """Return a decorator above ``@given`` for a long test.

    Args:
        examples: how many there are in a test, the same each time.
        share: this test's part of its file's time.
    """

    def decorate(test: Test) -> Test:
        if not SECONDS:
            return settings(fixed, max_examples=examples)(test)
        given = settings(_ROUND)(test)

        @functools.wraps(test)
        def fuzzed(*arguments: Any, **named: Any) -> None:
            _fuzz(given, SECONDS * share, arguments, named)

        return fuzzed

    return decorate


def _fuzz(test: Any, seconds: float, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Try random examples until the time is over, then raise what was found, once each."""
    found: dict[str, Exception] = {}
    count = 0
    inner = test.hypothesis.inner_test

    def counted(*args: Any, **kwargs: Any) -> None:
        nonlocal count
        count += 1
        try:
            inner(*args, **kwargs)
        except Exception as error:
            if _place(error) not in found:
                raise

    test.hypothesis.inner_test = counted
    end = time.process_time() + seconds
    try:
        while time.process_time() < end:
            seed(random.SystemRandom().getrandbits(64))(test)
            try:
                test(*arguments, **named)
            except Exception as error:
                for each in getattr(error, "exceptions", (error,)):
                    found[_place(each)] = each
                    traceback.print_exception(each)
    finally:
        test.hypothesis.inner_test = inner
    print(f"{test.__name__} {named}: {count:,} tried, {len(found)} found", flush=True)
    if found:
        raise ExceptionGroup("found", [*found.values()])


def _place(error: Exception) -> str:
    """Return what tells one fault from another: its kind, and the last line of the package's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if ".src/" in frame.filename] or frames
    return f"{type(error).__name__} {own[-1].filename}:{own[-1].lineno}"
