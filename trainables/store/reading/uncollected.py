"""Python's garbage collection, put off while many things are read that are all kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Let Python look for no garbage inside: it would look through all that was read, in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # whoever has frozen objects means them to stay so
                gc.freeze()  # together: all that is there counts as old, and is not looked through
                gc.unfreeze()
            gc.enable()
