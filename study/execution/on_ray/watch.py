"""Notices that Ray itself is gone or stands still, long before Ray's own calls give up.

Those wait for a minute or for ever, in C++ that no exception reaches, and may end the process
without a word to the user. So what is found is handled beside whatever waits, and ends the process:
to the store this is as if it had been killed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from incay.study.errors import HaltedError
from incay.study.execution.awake import AwakeClock
from incay.trainables.errors import first_line

LONGEST_SILENCE = 40.0
"""Seconds of a Ray that does not answer: its own libraries end the process after 60."""
_SECONDS_BETWEEN_LOOKS = 0.5
_ASK_SECONDS = 5.0
_STACK = "Traceback (most recent call last)"


class RayDiedError(HaltedError):
    """Ray died under a run. What is recorded is safe.

    Attributes:
        what: What died of it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Ray must live while a study runs, but {what}. Nothing is lost: the same command goes "
            "on from the last checkpoints"
        )
        self.what = what


class RayWatch:
    """Looks at Ray while a study runs on it.

    Args:
        wait: Waits for so many seconds, or until something of it dies.
        dead: Returns what of it died, empty if nothing did; must not wait.
        standing: Returns what of it stands still; must not wait.
        gone: Told once, in any thread, when Ray is gone; must end the process.
        patience: Seconds for which Ray may stand still.
    """

    def __init__(
        self,
        wait: Callable[[float], None],
        dead: Callable[[], str],
        standing: Callable[[], str],
        gone: Callable[[RayDiedError], None],
        patience: float = LONGEST_SILENCE,
    ) -> None:
        self._wait = wait
        self._dead = dead
        self._standing = standing
        self._gone = gone
        self._patience = patience
        self._over = threading.Event()
        self._once = threading.Lock()

    @contextmanager
    def watching(self) -> Iterator[RayWatch]:
        """Watch while the block runs.

        Raises:
            RayDiedError: Ray has ended the block by an error of its own.
        """
        self._over.clear()
        thread = threading.Thread(target=self._watch, name="ray-watch", daemon=True)
        thread.start()
        try:
            yield self
            self.require()
        except Exception as error:
            self.require()
            if type(error).__module__.startswith("ray."):
                cause = _cause(error)
                raise RayDiedError(f"{type(cause).__name__}: {first_line(cause)}") from error
            raise
        finally:
            self._over.set()

    def require(self) -> None:
        """Go on only where Ray lives, as what Ray's calls return does not tell."""
        what = self._dead() if not self._over.is_set() else ""
        if what:
            self._end(what)

    def _watch(self) -> None:
        clock = AwakeClock(self._patience)
        well = {self._standing: clock.now(), _unanswered: clock.now()}
        while not self._over.is_set():
            self._wait(_SECONDS_BETWEEN_LOOKS)
            self.require()
            for look in well:
                what = look()
                if not what:
                    well[look] = clock.now()
                elif clock.now() - well[look] > self._patience and not self._over.is_set():
                    self._end(what)

    def _end(self, what: str) -> None:
        with self._once:  # who comes second waits for the process to end
            if not self._over.is_set():
                self._gone(RayDiedError(what))


def _cause(error: BaseException) -> BaseException:
    """Return what an error of Tune's is about, which it tells by a stack of what it has caught."""
    while str(error).startswith(_STACK) and error.__context__ is not None:
        error = error.__context__
    return error


def _unanswered() -> str:
    """Ask Ray's control service; return that it does not answer, if so."""
    from ray.experimental import internal_kv

    try:
        client = internal_kv.internal_kv_get_gcs_client()
        client.internal_kv_get(b"incay", None, timeout=_ASK_SECONDS)
    except Exception as error:
        return f"its control service (GCS) does not answer: {first_line(error)}"
    return ""
