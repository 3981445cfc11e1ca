"""Commands that messages offer, as they can be pasted into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence


def command(*words: object, settings: Sequence[str] = (), **options: object) -> str:
    """Return a command line of ``incay``, every word quoted where a shell needs it.

    Args:
        words: The command and its arguments.
        settings: What ``--set`` gave.
        options: Further options by name, with underscores; those without a value are left out.
    """
    line = ["incay", *map(str, words)]
    for setting in settings:
        line += ["--set", setting]
    for name, value in options.items():
        if value is not None:
            line += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(line)
