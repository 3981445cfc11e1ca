"""A lease on a study run: two drivers at once must not train its trials twice.

The holder writes a beat into ``studies/NAME/RUN/lease.json`` every few seconds. Whoever finds a
beat that does not change for a while takes the lease over; clocks of different machines are never
compared. On a file system without locks (S3) two drivers that start in the same instant are told
apart by reading back after a pause: the last writer holds the lease.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

from study.errors import UserError
from trainables.store import Store

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
        self._store = store
        self._path = f"studies/{study}/{run}/lease.json"
        self._study = study
        self._beat = beat
        self._owner = uuid.uuid4().hex
        self._count = 0
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @property
    def lost(self) -> bool:
        """Whether another driver has taken over, so that this one must stop."""
        return self._lost.is_set()

    def __enter__(self) -> Lease:
        self._refuse_if_alive()
        self._write()
        time.sleep(min(_SETTLE_SECONDS, self._beat))
        if self._read().get("owner") != self._owner:
            raise self._taken(self._read())
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if not self.lost:
            self._store.delete(self._path)

    def _refuse_if_alive(self) -> None:
        found = self._read()
        if not found or _died_here(found):
            return
        deadline = time.monotonic() + _BEATS_MISSED * self._beat
        while time.monotonic() < deadline:
            time.sleep(self._beat / 4)
            now = self._read()
            if not now:
                return
            if now != found:
                raise self._taken(now)

    def _keep(self) -> None:
        while not self._stop.wait(self._beat):
            try:
                holder = self._read().get("owner", self._owner)
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
            "pid": os.getpid(),
        }
        self._store.write(self._path, json.dumps(values).encode())

    def _read(self) -> dict[str, Any]:
        content = self._store.read(self._path)
        if content is None:
            return {}
        try:
            values = json.loads(content)
        except ValueError:
            return {}
        return values if isinstance(values, dict) else {}

    def _taken(self, holder: dict[str, Any]) -> UserError:
        return UserError(
            f"{self._study}: a study must be run by one process at a time, but process "
            f"{holder.get('pid')} on {holder.get('host')} is running it. Follow it with "
            f"`incay status {self._study}`, or stop it first"
        )


def _died_here(holder: dict[str, Any]) -> bool:
    """Return whether the holder was a process of this machine that is gone."""
    if (holder.get("host"), holder.get("boot")) != (socket.gethostname(), _boot()):
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, KeyError, ValueError, TypeError):
        return False
    return False


def _boot() -> str:
    """Return what tells this boot of this machine (and its process numbers) from any other."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
