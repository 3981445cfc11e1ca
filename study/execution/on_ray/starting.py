"""Ray's first processes while Ray starts: it takes half a minute to miss one that was killed.

On Linux only, as everywhere where processes are looked at.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from incay.study.execution.on_ray.processes import children

_SECONDS_BETWEEN_LOOKS = 0.1


@contextmanager
def watched_start(folder: Path, killed: Callable[[str], None]) -> Iterator[None]:
    """Watch, while the block runs, the processes that this one starts for a Ray.

    One that ends by itself is Ray's to tell, who knows why.

    Args:
        folder: Ray's, which its processes name.
        killed: Told, in another thread, what was killed by a signal; must end this process, whose
            main thread waits in Ray.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_SECONDS_BETWEEN_LOOKS):
            # One that has ended has no command; one that has just begun has still ours.
            seen.update({pid: command for pid, command in children(os.getpid()) if command})
            for pid in [pid for pid in seen if str(folder) in seen[pid]]:
                signal = _killed_by(pid)
                if signal and not over.is_set():
                    name = Path(seen[pid].split("\0")[0]).name
                    killed(f"its process {name!r} was killed by signal {signal} while it started")

    seen: dict[int, str] = {}
    thread = threading.Thread(target=watch, name="ray-start", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _killed_by(pid: int) -> int:
    """Return by which signal a child has ended, 0 if by none; who started it may still ask."""
    with suppress(OSError, AttributeError):  # macOS has no such flag in all versions
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None and ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
            return ended.si_status
    return 0
