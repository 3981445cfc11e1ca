"""Why a run ends before its work is done: somebody stops it, or it cannot go on."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from incay.study.errors import IncayError
from incay.trainables.errors import system_said
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import ForeignRecordError

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Halt:
    """Asked at each report whether the run goes on. Safe to use from any thread.

    Args:
        is_guest: Whether the process is somebody else's, such as a notebook's kernel: then nothing
            here ends it.

    Attributes:
        signal: How somebody stopped it.
        store_error: What the store said, if that is why.
        problem: What the user is told, if it is anything else but somebody who stopped it.
        by_request: Whether the caller's own code has stopped it, and no signal.
    """

    def __init__(self, *, is_guest: bool = False) -> None:
        self._stop = threading.Event()
        self._is_guest = is_guest
        self.by_request = False
        self.signal: int = signal.SIGINT
        self.store_error = ""
        self.problem: IncayError | None = None

    @property
    def asked(self) -> bool:
        """Whether the run must end."""
        return self._stop.is_set()

    @property
    def interrupted(self) -> bool:
        """Whether somebody stopped it."""
        return self.asked and not self.store_error and self.problem is None

    @property
    def why(self) -> str:
        """Why, as the records of unfinished trials say it."""
        if self.interrupted:
            return "stopped by the user"
        return self.store_error or str(self.problem or "")

    def interrupt(self, *, by_request: bool = False) -> None:
        """End the run because somebody wants so: by a signal, or the caller's own code."""
        self.by_request = by_request and not self.asked
        self._stop.set()

    def blame(self, problem: IncayError) -> None:
        """End the run because of something that a person must mend."""
        self.problem = self.problem or problem
        self._stop.set()

    def blame_store(self, error: StoreError | str) -> None:
        """End the run because results can no longer be kept."""
        said = error if isinstance(error, str) else system_said(error)
        self.store_error = self.store_error or said
        self._stop.set()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """End the run, instead of breaking it, when the store fails inside of the block."""
        try:
            yield
        except StoreError as error:
            self.blame_store(error)
        except ForeignRecordError as error:
            self.blame(error)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let the first Ctrl-C, or request to terminate, interrupt; the second ends at once.

        Of a guest it ends the run at once, not the process. Only a process's first thread hears
        signals: a run in another one is ended by `interrupt`.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def on_signal(number: int, frame: FrameType | None) -> None:
            del frame
            if self.asked and self._is_guest:
                raise KeyboardInterrupt
            if self.asked:
                os._exit(128 + number)
            self.signal = number
            self.interrupt()

        before = {
            number: signal.signal(number, on_signal)
            for number in _SIGNALS
            # What nohup has set to be ignored stays ignored.
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
