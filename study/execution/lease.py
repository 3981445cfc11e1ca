"""A lease on a study run: two drivers at once must not train its trials twice.

On a local store the lease is a lock of the operating system: it is had or refused at once, and
ends with the process that holds it, however that ends. Not every store has locks, and not every
shared directory has locks that other machines see. So the holder also writes a beat into the
study's books every few seconds, and whoever finds a beat that does not change for a while takes
the lease over; clocks of different machines are never compared. Two drivers
that start on such a store in the same instant are told apart by reading back after a pause: the
last writer holds the lease.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from incay.study.errors import UserError
from incay.study.spec.hints import command
from incay.trainables.store.books import Books
from incay.trainables.store.problems import store_errors
from incay.trainables.store.trials import Store

BEAT_SECONDS = 5.0
_BEATS_MISSED = 4
_SETTLE_SECONDS = 1.0


class Lease:
    """Held while its ``with`` block runs.

    Args:
        store: Where the study's results live.
        study: The study's name.
        run: The study's run.
        beat: Seconds between two signs of life.

    Raises:
        UserError: Another driver that is alive holds it.
    """

    def __init__(self, store: Store, study: str, run: str, beat: float = BEAT_SECONDS) -> None:
        self._books = Books(store, study, run)
        self._study = study
        self._results = store.uri
        self._beat = beat
        self._owner = uuid.uuid4().hex
        self._count = 0
        self._lock: FileLock | None = None
        self._written_at = 0.0
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @property
    def lost(self) -> bool:
        """Whether another driver has taken over, so that this one must stop."""
        return self._lost.is_set()

    def __enter__(self) -> Lease:
        try:
            self._lock = self._locked()
            self._refuse_if_alive()
            self._write()
        except BaseException:
            self._unlock()
            raise
        self._written_at = time.monotonic()
        self._thread.start()
        return self

    def confirm(self) -> None:
        """Make sure of the lease before anything is trained; costs a pause where locks lack.

        Raises:
            UserError: Another driver started in the same instant and holds it.
        """
        if self._lock is None:
            settled = self._written_at + min(_SETTLE_SECONDS, self._beat)
            time.sleep(max(0.0, settled - time.monotonic()))
        holder = self._books.lease()
        if holder.get("owner", self._owner) != self._owner:
            self._lost.set()
        if self.lost:
            raise self.taken()

    def taken(self) -> UserError:
        """Return the error that names who holds the lease."""
        holder = self._books.lease()
        who = f"process {holder['pid']} on {holder.get('host')}" if "pid" in holder else "another"
        run = f"{self._study}@{self._books.run}"
        follow = command("status", run, results=self._results)
        return UserError(
            f"{self._study}: a study must be run by one process at a time, but {who} is running "
            f"it. Follow it with `{follow}`, or stop it first"
        )

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        try:
            if not self.lost:
                self._books.delete_lease()
        except OSError:
            pass  # the store is away; the lease lapses by itself
        finally:
            self._unlock()

    def _locked(self) -> FileLock | None:
        """Lock a file beside the lease; return None where there are no locks.

        Child processes do not inherit it: it ends with this process.
        """
        if self._books.lock is None:
            return None
        with store_errors():
            self._books.lock.parent.mkdir(parents=True, exist_ok=True)
        # Not filelock's own replacement where locks lack: that one outlives a killed process.
        lock = FileLock(self._books.lock, fallback_to_soft=False)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise self.taken() from error
        except (NotImplementedError, OSError):  # a file system without locks
            return None
        return lock

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _refuse_if_alive(self) -> None:
        found = self._books.lease()
        if not found or self._died_here(found):
            return
        deadline = time.monotonic() + _BEATS_MISSED * self._beat
        while time.monotonic() < deadline:
            time.sleep(self._beat / 4)
            now = self._books.lease()
            if not now:
                return
            if now != found:
                raise self.taken()

    def _died_here(self, holder: dict[str, Any]) -> bool:
        """Return whether the holder was a process of this machine that is gone."""
        if not _boot() or holder.get("boot") != _boot():
            return False
        if self._lock is not None:
            return True  # it would hold the lock
        if holder.get("processes") != _process_namespace():
            return False
        try:
            os.kill(int(holder["pid"]), 0)
        except ProcessLookupError:
            return True
        except (PermissionError, KeyError, ValueError, TypeError):
            return False
        return False

    def _keep(self) -> None:
        while not self._stop.wait(self._beat):
            try:
                holder = self._books.lease().get("owner", self._owner)
                if holder != self._owner:
                    self._lost.set()
                    return
                self._write()
            except OSError:
                continue  # the store may be away for a while; so it is for everybody

    def _write(self) -> None:
        self._count += 1
        values = {
            "owner": self._owner,
            "beat": self._count,
            "host": socket.gethostname(),
            "boot": _boot(),
            "processes": _process_namespace(),
            "pid": os.getpid(),
        }
        self._books.write_lease(values)


def _boot() -> str:
    """Return what tells this boot of this machine from any other, empty if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _process_namespace() -> str:
    """Return what tells where this process's number counts, empty if unknown."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
