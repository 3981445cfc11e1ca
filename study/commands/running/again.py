"""What a run does when Ray dies under it: once it starts itself again, the second time it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from incay.study.commands.shared.console import say
from incay.study.surroundings import tell_by_descriptor

if TYPE_CHECKING:
    from incay.study.execution.on_ray.watch import RayDiedError

_AGAIN = "INCAY_STARTED_AGAIN"
_SHOW_CURSOR = "\x1b[?25h"
"""A table that is drawn live hides it."""


def end_or_start_again(died: RayDiedError, local: bool, environment: Mapping[str, str]) -> None:
    """Replace this process by its own command, started anew, or end it; never return.

    Nothing in the process can be relied on to end by itself: calls into Ray do not return. What
    holds other processes (locks, pipes) ends with it in either case.

    Args:
        died: What died.
        local: Whether it is this machine's own Ray: another is its own users' to start.
        environment: The variables that the command began with, without those of its Ray.
    """
    with suppress(OSError):
        if sys.stdout.isatty():
            sys.stdout.write(_SHOW_CURSOR)
        sys.stdout.flush()
    with suppress(OSError):
        if local and not os.environ.get(_AGAIN):
            say(f"Ray died ({died.what}) and is started again; nothing is lost")
            tell_by_descriptor()
            again = {**environment, _AGAIN: "1"}
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], again)
        say(str(died))
    os._exit(died.exit_code)
