"""This process's variables, seen at one moment."""

from __future__ import annotations

import os


def variables() -> dict[str, str]:
    """Return this process's variables as they are now.

    ``os.environ`` may be changed by other threads, as by Ray's while it starts, and to go through
    it then raises KeyError.
    """
    while True:
        try:
            return dict(os.environ)
        except KeyError:
            continue
