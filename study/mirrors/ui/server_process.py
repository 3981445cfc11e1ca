"""A server in a process group of its own: quiet while it works, and ended as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

_SECONDS_TO_END = 10.0
_LINES_KEPT = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def noted_signals() -> Iterator[list[int]]:
    """Note the signals that ask this process to end, instead of ending it; yield their numbers.

    A signal that is ignored, as by ``nohup``, stays so.
    """
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        noted.append(number)

    heeded = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, note) for each in heeded}
    try:
        yield noted
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class ServerProcess:
    """Runs a command while its ``with`` block runs, then ends it with all that it started.

    Args:
        command: The command.
        environment: Its environment.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._process = subprocess.Popen(
            command,
            env=environment,
            # Uvicorn imports from where it is started: from where nobody else can put a file.
            cwd=Path(__file__).parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C is for this process, which then ends the whole group.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGTERM)
        self.ended(within=_SECONDS_TO_END)
        self._signal(signal.SIGKILL)  # what is left of the group
        self._process.wait()
        self._reader.join(timeout=1)

    @property
    def said(self) -> str:
        """The last lines that the server wrote."""
        return "".join(self._lines).rstrip()

    def ended(self, *, within: float) -> bool:
        """Return whether the server ends within so many seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self.exit_code is not None

    @property
    def exit_code(self) -> int | None:
        """The server's exit code; None while it runs."""
        return self._process.returncode

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
