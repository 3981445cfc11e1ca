"""A lease on a study run: two drivers at once must not train its trials twice.

A driver runs the whole study, or the search of some of its arms beside drivers of others. Each arm
has a lease of its own, and the whole study has one that shuts all of them out.

On a local store a lease is a lock of the operating system: it is had or refused at once, and
ends with the process that holds it, however that ends. Drivers of arms share the lock of the whole.
Not every store has locks, and not every
shared directory has locks that other machines see. So the holder also writes a beat into the
study's books every few seconds, and whoever finds a beat that does not change for a while takes
the lease over; clocks of different machines are never compared. Two drivers
that start on such a store in the same instant are told apart by reading back after a pause: the
last writer holds the lease, and an arm's driver gives way to one of the whole study.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from incay.study.errors import UserError
from incay.study.execution.leases.file_lock import FileLock
from incay.study.execution.leases.holders import (
    boot,
    is_gone,
    is_of_this_boot,
    process_namespace,
    who,
    who_run,
)
from incay.study.spec.hints import command
from incay.trainables.store.books import Books
from incay.trainables.store.runs.leases import LeaseFiles
from incay.trainables.store.trials import Store

BEAT_SECONDS = 5.0
_BEATS_MISSED = 4
_SETTLE_SECONDS = 1.0


class _Slot:
    """One lease: of the whole study, or of an arm."""

    def __init__(self, files: LeaseFiles) -> None:
        self.files = files
        self.lock = None if files.lock is None else FileLock(files.lock)

    @property
    def is_locked(self) -> bool:
        return self.lock is not None and self.lock.is_held

    def holder(self) -> dict[str, Any]:
        return self.files.read()


class Lease:
    """Held while its ``with`` block runs.

    Args:
        store: Where the study's results live.
        study: The study's name.
        run: The study's run.
        beat: Seconds between two signs of life.
        arms: The arms whose search is run; none for the whole study.

    Raises:
        UserError: Another driver that is alive holds it, or one that it shuts out.
    """

    def __init__(
        self,
        store: Store,
        study: str,
        run: str,
        beat: float = BEAT_SECONDS,
        arms: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._books = Books(store, study, run)
        self._study = study
        self._beat = beat
        self._owner = uuid.uuid4().hex
        self._whole = _slot(store, self._books.folder)
        self._arms = {arm: _slot(store, self._books.arms.folder(arm)) for arm in arms}
        self._stale: dict[_Slot, dict[str, Any]] = {}
        self._is_held = False
        self._count = 0
        self._written_at = 0.0
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lost(self) -> bool:
        """Whether another driver has taken over, so that this one must stop."""
        return self._lost.is_set()

    def __enter__(self) -> Lease:
        try:
            self._take_locks()
            self._refuse_if_alive()
            self._write()
        except BaseException:
            self._unlock()
            raise
        self._is_held = True
        self._written_at = time.monotonic()
        self._stop.clear()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()
        return self

    def confirm(self) -> None:
        """Make sure of the lease before anything is trained; costs a pause where locks lack.

        Raises:
            UserError: Another driver started in the same instant and holds it.
        """
        if not all(slot.is_locked for slot in self._own):
            settled = self._written_at + min(_SETTLE_SECONDS, self._beat)
            time.sleep(max(0.0, settled - time.monotonic()))
        whole = self._whole.holder()
        if self._arms and whole and whole != self._stale.get(self._whole):
            self._lost.set()
        if any(slot.holder().get("owner", self._owner) != self._owner for slot in self._own):
            self._lost.set()
        if self.lost:
            raise self.taken()

    def widen(self, patience: float) -> str:
        """Take the lease of the whole study in place of those of arms, which have ended.

        Drivers of other arms, whose searches have ended too, are waited for.

        Args:
            patience: Seconds, at most.

        Returns:
            Who runs the whole study instead; empty where it is this driver.
        """
        self.__exit__()
        self._arms = {}
        deadline = time.monotonic() + patience
        while True:
            try:
                self.__enter__()
                self.confirm()
                return ""
            except UserError:
                if self.lost:  # to another that ended in the same instant
                    self.__exit__()
                    self._lost.clear()
                holder = self._whole.holder()
                if holder or time.monotonic() > deadline:
                    return who(holder)
                time.sleep(min(1.0, self._beat) / 4)

    def taken(self) -> UserError:
        """Return the error that names who holds the lease."""
        whole = self._whole.holder()
        if self._arms and (not whole or whole == self._stale.get(self._whole)):
            held = {arm: slot.holder() for arm, slot in self._arms.items()}
            others = {arm: each for arm, each in held.items() if each.get("owner") != self._owner}
            what = f"an arm must be run by one process at a time, but {who_run(others)}"
        elif self._arms:
            what = (
                "the search of an arm must not be run beside the whole study, but "
                f"{who(whole)} is running that"
            )
        elif not whole and (held := _holders_of_arms(self._store, self._books)):
            what = (
                "the whole study must not be run beside the search of single arms, but "
                f"{who_run(held)}"
            )
        else:
            what = f"a study must be run by one process at a time, but {who(whole)} is running it"
        follow = command("status", f"{self._study}@{self._books.run}", results=self._store.uri)
        return UserError(f"{self._study}: {what}. Follow it with `{follow}`, or stop it first")

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        try:
            if self._is_held and not self.lost:
                for slot in self._own:
                    slot.files.delete()
        except OSError:
            pass  # the store is away; the lease lapses by itself
        finally:
            self._is_held = False
            self._unlock()

    @property
    def _own(self) -> list[_Slot]:
        return list(self._arms.values()) or [self._whole]

    def _take_locks(self) -> None:
        for slot in dict.fromkeys((self._whole, *self._own)):
            shared = bool(self._arms) and slot is self._whole
            if slot.lock is not None and slot.lock.acquire(shared=shared) is False:
                raise self.taken()

    def _unlock(self) -> None:
        for slot in (self._whole, *self._own):
            if slot.lock is not None:
                slot.lock.release()

    def _refuse_if_alive(self) -> None:
        """Wait whether somebody gives a sign of life who holds what this driver must have."""
        contested = [self._whole, *self._arms.values()]
        if not self._arms:
            contested += _slots_of_arms(self._store, self._books)
        found = {slot: holder for slot in contested if (holder := slot.holder())}
        self._stale = found
        doubtful = {slot: each for slot, each in found.items() if not self._died_here(slot, each)}
        deadline = time.monotonic() + _BEATS_MISSED * self._beat
        while doubtful and time.monotonic() < deadline:
            time.sleep(self._beat / 4)
            for slot, before in list(doubtful.items()):
                now = slot.holder()
                if not now:
                    del doubtful[slot]
                elif now != before:
                    self._stale = {}
                    raise self.taken()
        for slot in found.keys() - {self._whole, *self._arms.values()}:
            slot.files.delete()  # of an arm's driver that was killed

    def _died_here(self, slot: _Slot, holder: Mapping[str, Any]) -> bool:
        """Return whether the holder was a process of this machine that is gone."""
        if not is_of_this_boot(holder):
            return False
        if slot.is_locked or (not self._arms and self._whole.is_locked):
            return True  # it would hold the lock, or share it
        return is_gone(holder)

    def _keep(self) -> None:
        while not self._stop.wait(self._beat):
            try:
                if any(
                    slot.holder().get("owner", self._owner) != self._owner for slot in self._own
                ):
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
            "boot": boot(),
            "processes": process_namespace(),
            "pid": os.getpid(),
        }
        for arm, slot in self._arms.items():
            slot.files.write({**values, "arm": arm})
        if not self._arms:
            self._whole.files.write(values)


def drivers_of_arms(store: Store, study: str, run: str) -> dict[str, str]:
    """Return who runs the search of which arm, as far as can be seen: it may be gone elsewhere."""
    held = _holders_of_arms(store, Books(store, study, run))
    return {arm: who(each) for arm, each in held.items() if not is_gone(each)}


def _holders_of_arms(store: Store, books: Books) -> dict[str, dict[str, Any]]:
    found = [slot.holder() for slot in _slots_of_arms(store, books)]
    return {str(holder.get("arm")): holder for holder in found if holder}


def _slots_of_arms(store: Store, books: Books) -> list[_Slot]:
    return [_slot(store, folder) for folder in books.arms.folders()]


def _slot(store: Store, folder: str) -> _Slot:
    return _Slot(LeaseFiles(store, folder))
