"""Waiting for a store that is away: results are worth more than a few minutes."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TypeVar

from incay.trainables.store.problems import StoreError

_Result = TypeVar("_Result")

PATIENCE_SECONDS = 600.0
"""How long a store may be unreachable before a run gives up."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}


def is_hopeless(error: OSError) -> bool:
    """Return whether only a person can mend it: a full or read-only disk, say."""
    return error.errno in _HOPELESS


def patiently(action: Callable[[], _Result], *, patience: float = PATIENCE_SECONDS) -> _Result:
    """Return what the action returns, trying again while the store is away.

    Args:
        action: Reads or writes the store; running it twice must do no harm.
        patience: Seconds after which the last error is raised.

    Raises:
        StoreError: The error is one that waiting does not mend, or lasted too long.
    """
    deadline, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        try:
            return action()
        except StoreError as error:
            if is_hopeless(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(2.0 * pause, _LONGEST_PAUSE)
