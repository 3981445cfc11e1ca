"""Processes of a Ray of this machine's, as the operating system shows them; on Linux only.

Elsewhere nothing is found, and what Ray ends by itself is all that ends.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

_PROC = Path("/proc")
_SECONDS_TO_DIE = 5.0


class Watched:
    """Services of a Ray of this machine's: those that it was started with, and a raylet's agents.

    Args:
        services: The former, by name.
    """

    def __init__(self, services: Mapping[str, Popen[bytes]]) -> None:
        self._services = services
        self.pids = {name: service.pid for name, service in services.items()}
        raylet = self.pids.get("raylet")
        if raylet is not None:
            self.pids |= {f"agent {pid}": pid for pid in agents(raylet)}
        self._names: dict[int, str] = {}  # by a descriptor that can be read once the process ends
        for name, pid in self.pids.items() if hasattr(os, "pidfd_open") else ():
            with suppress(OSError):
                self._names[os.pidfd_open(pid)] = name

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until one ends."""
        self._poll(seconds)

    def ended(self) -> str:
        """Return the name of one that has ended, empty if none has."""
        for descriptor in self._poll(0.0):
            return self._names[descriptor]
        polled = ((name, service.poll()) for name, service in self._services.items())
        return next((name for name, code in polled if code is not None), "")

    def _poll(self, seconds: float) -> list[int]:
        ends = select.poll()  # one for each thread that asks
        for descriptor in self._names:
            ends.register(descriptor, select.POLLIN)
        return [descriptor for descriptor, _ in ends.poll(1000.0 * seconds)]


def using(folder: Path) -> list[int]:
    """Return the processes of this user and of Ray that have a file open in a folder of Ray's."""
    return [pid for pid in _pids() if pid != os.getpid() and _is_rays(pid) and _uses(pid, folder)]


def end_all(folder: Path) -> None:
    """End what still uses a folder of Ray's, stopped processes too, and see it gone."""
    deadline = time.monotonic() + _SECONDS_TO_DIE
    while (left := using(folder)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def stands(pid: int) -> bool:
    """Return whether a process is stopped, as by SIGSTOP or a debugger."""
    return _status(pid)[:1] in ("T", "t")


def agents(pid: int) -> list[int]:
    """Return a raylet's agents: its children that train nothing."""
    return [child for child, command in children(pid) if "Agent" in command]


def children(pid: int) -> list[tuple[int, str]]:
    """Return a process's children, each with its command, whose parts end in a zero byte."""
    return [(child, _command(child)) for child in _pids() if _parent(child) == pid]


def _pids() -> Iterator[int]:
    if _PROC.is_dir():
        yield from (int(path.name) for path in _PROC.iterdir() if path.name.isdigit())


def _is_rays(pid: int) -> bool:
    command = _command(pid)
    return "ray::" in command or "/ray/" in command


def _uses(pid: int, folder: Path) -> bool:
    with suppress(OSError):
        for descriptor in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                if descriptor.readlink().is_relative_to(folder):
                    return True
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    return ""


def _status(pid: int) -> str:
    """Return state and parent, from behind the name, which may hold anything."""
    with suppress(OSError):
        content = (_PROC / str(pid) / "stat").read_text(errors="replace")
        return content.rpartition(")")[2].strip()
    return ""


def _parent(pid: int) -> int:
    fields = _status(pid).split()
    return int(fields[1]) if len(fields) > 1 else 0
