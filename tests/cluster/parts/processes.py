"""Processes as /proc shows them, so that tests end exactly what they started."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Return a process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name may contain anything; what follows the last parenthesis may not.
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def with_environment(setting: str) -> list[int]:
    """Return the processes whose environment holds ``NAME=value``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if setting.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def is_training(pid: int) -> bool:
    """Return whether a process is one of Ray's that trains: Ray names it after its class."""
    with contextlib.suppress(OSError):
        return b"Trainable" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def kill(pids: Iterable[int]) -> None:
    """End processes at once."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
