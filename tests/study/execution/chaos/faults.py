"""Faults for a running study, drawn from a seed and written to a log as they are done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from bits import BOOKS, COPIES, RECORDS, WORK, flip_bit
from supervised import SupervisedRun, command_of
from surroundings import Clock, Servers

_HOUR = 3600
_SPARED = 0.75
_SHORTEST, _LONGEST = 1.0, 8.0
"""Seconds for which a fault lasts that is mended from outside."""


class Faults:
    """What is done to a run.

    Args:
        run: The run.
        servers: What its mirror stands on.
        clock: Its clock.
        disks: File systems of its own, which may be filled.
        seed: Decides kinds, victims, pauses and durations; each fault's come from its number, so
            that what one finds does not change the next.

    Attributes:
        run: The run.
        servers: What its mirror stands on.
        done: How often each kind was done.
        altered: Folders of trials whose records were damaged, to be trained again.
    """

    def __init__(
        self, run: SupervisedRun, servers: Servers, clock: Clock, disks: Sequence[Path], seed: int
    ) -> None:
        self.run, self.servers, self._clock = run, servers, clock
        self._disks = disks
        self._seed, self._number = seed, 0
        self._draw = random.Random(seed)
        self._begun = time.monotonic()
        self._log = run.folder / "chaos.log"
        self._undo: list[tuple[float, str, Callable[[], object]]] = []
        self.done: Counter[str] = Counter()
        self.altered: set[Path] = set()
        self._kinds: Mapping[Callable[[], str], int] = {
            self._kill_worker: 6,
            self._stop_worker: 4,
            self._kill_ray: 2,
            self._stop_ray: 1,
            self._kill_anything: 2,
            self._stop_anything: 2,
            self._kill_driver: 2,
            self._kill_everything: 1,
            self._stop_driver: 1,
            self._suspend_everything: 1,
            self._interrupt: 2,
            self._start_rival: 1,
            self._fill_disk: 3,
            self._flip_book: 4,
            self._flip_work: 2,
            self._flip_record: 1,
            self._flip_copy: 1,
            self._hide_copy: 1,
            self._lose_mlflow: 2,
            self._lose_postgres: 2,
            self._set_clock: 2,
        }
        self._starts, self._spares_start = 0, False
        self._not_hindering = {
            self._flip_work,
            self._flip_record,
            self._flip_copy,
            self._hide_copy,
            self._lose_mlflow,
            self._lose_postgres,
            self._set_clock,
        }

    @property
    def log(self) -> str:
        """What was done when."""
        return self._log.read_text()

    def note(self, line: str) -> None:
        """Write a line to the log."""
        with self._log.open("a") as log:
            log.write(f"{time.monotonic() - self._begun:8.1f} s  {line}\n")

    def pause(self) -> None:
        """Wait for some seconds, or until the driver has ended; put right what is due."""
        self._number += 1
        self._draw = random.Random(f"{self._seed} {self._number}")
        until = time.monotonic() + self._draw.uniform(1.0, 10.0)
        while time.monotonic() < until and self.run.driver is not None:
            self._put_right(time.monotonic())
            time.sleep(0.05)
        self._put_right(time.monotonic())

    def begin(self) -> None:
        """Start a driver; every third keeps its copies beside the results.

        Most are spared what makes them start again until a trial was heard of: else starting would
        be all that they ever do.
        """
        self._starts += 1
        self._spares_start = self._draw.random() < _SPARED
        self.run.start(**(self.servers.variables if self._starts % 3 else {}))

    def strike(self, *, training: bool) -> None:
        """Do one fault.

        Args:
            training: Whether a trial was heard of since the driver has begun.
        """
        spares = self._spares_start and not training
        kinds = {
            kind: weight
            for kind, weight in self._kinds.items()
            if kind in self._not_hindering or not spares
        }
        kind = self._draw.choices(list(kinds), list(kinds.values()))[0]
        name = kind.__name__.strip("_")
        what = kind()
        self.note(f"#{self._number} {name}: {what or 'nothing there'}")
        self.done[name] += bool(what)

    def calm(self) -> None:
        """Put right what lasts, and end the run."""
        self.run.kill()
        self._put_right(float("inf"))
        self.run.kill()
        self.servers.bring_mlflow()
        self.servers.wait()
        self.note("all is well again, and nothing runs")

    def _put_right(self, now: float) -> None:
        due = [each for each in self._undo if each[0] <= now]
        self._undo = [each for each in self._undo if each[0] > now]
        for _, what, undo in due:
            with suppress(OSError, psutil.Error):
                undo()
                self.note(f"   {what}")

    def _later(self, what: str, undo: Callable[[], object], longest: float = _LONGEST) -> None:
        at = time.monotonic() + self._draw.uniform(_SHORTEST, longest)
        self._undo.append((at, what, undo))

    def _signal_one(self, number: int, kind: str = "") -> str:
        found = sorted(self.run.members(kind), key=lambda each: each.pid)
        if not found:
            return ""
        process = self._draw.choice(found)
        what = f"{command_of(process)[-60:]} ({process.pid})"
        with suppress(psutil.Error):
            process.send_signal(number)
        return what

    def _kill_worker(self) -> str:
        return self._signal_one(signal.SIGKILL, "worker")

    def _stop_worker(self) -> str:
        return self._signal_one(signal.SIGSTOP, "worker")  # for good: the run must find out

    def _kill_ray(self) -> str:
        return self._signal_one(signal.SIGKILL, "Ray")

    def _stop_ray(self) -> str:
        return self._signal_one(signal.SIGSTOP, "Ray")

    def _kill_anything(self) -> str:
        return self._signal_one(signal.SIGKILL)

    def _stop_anything(self) -> str:
        driver = self.run.driver
        what = self._signal_one(signal.SIGSTOP)
        if driver is not None:  # which nobody can find out but who started it
            self._later("the driver goes on", lambda: driver.send_signal(signal.SIGCONT))
        return what

    def _kill_driver(self) -> str:
        driver = self.run.driver
        if driver is None:
            return ""
        driver.kill()
        driver.wait()
        return "the driver alone"

    def _kill_everything(self) -> str:
        self.run.kill()
        return "all processes"

    def _stop_driver(self) -> str:
        driver = self.run.driver
        if driver is None:
            return ""
        driver.send_signal(signal.SIGSTOP)
        then = self._draw.choice((signal.SIGCONT, signal.SIGKILL))
        name = signal.Signals(then).name
        self._later(f"{name} to the driver", lambda: driver.send_signal(then), longest=25.0)
        return "the driver"

    def _suspend_everything(self) -> str:
        driver = self.run.driver
        if driver is None:
            return ""
        os.killpg(driver.pid, signal.SIGSTOP)
        self._later("all go on", lambda: os.killpg(driver.pid, signal.SIGCONT), longest=25.0)
        return "the driver's group"

    def _interrupt(self) -> str:
        driver = self.run.driver
        if driver is None:
            return ""
        number = self._draw.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        driver.send_signal(number)
        return number.name

    def _start_rival(self) -> str:
        rival = self.run.start_rival(**self.servers.variables)
        return f"process {rival.pid}" if self.run.driver is not None else "and it is alone"

    def _fill_disk(self) -> str:
        if not self._disks:
            return ""
        disk = self._draw.choice(self._disks)
        filler = disk / "filler"
        with suppress(OSError), filler.open("ab", buffering=0) as file:
            for size in (2**20, 2**12):
                with suppress(OSError):
                    while file.write(b"\0" * size):
                        pass
        self._later(f"{disk.name} has room", lambda: filler.unlink(missing_ok=True))
        return disk.name

    def _flip_book(self) -> str:
        return self._flip(BOOKS)

    def _flip_work(self) -> str:
        return self._flip(WORK)

    def _flip_record(self) -> str:
        flipped = self._flip(RECORDS)
        if flipped:
            self.altered.add((self._results / flipped).parent)
        return flipped

    def _flip_copy(self) -> str:
        return self._flip(COPIES)

    @property
    def _results(self) -> Path:
        return self.run.folder / "results"

    def _flip(self, patterns: Sequence[str]) -> str:
        return flip_bit(self._results, patterns, self._draw)

    def _hide_copy(self) -> str:
        copy = self._results / self._draw.choice(COPIES)
        hidden = self.run.folder / copy.name
        if not copy.exists() or hidden.exists():
            return ""
        shutil.move(copy, hidden)
        self._later(f"{copy.name} is back", lambda: shutil.move(hidden, copy))
        return copy.name

    def _lose_mlflow(self) -> str:
        number = self._draw.choice((signal.SIGKILL, signal.SIGSTOP))
        self.servers.lose_mlflow(number)
        self._later("MLflow is back", self.servers.bring_mlflow, longest=20.0)
        return number.name

    def _lose_postgres(self) -> str:
        try:
            if not self.servers.lose_postgres():
                return ""
        except subprocess.CalledProcessError:
            return ""  # it is gone already

        def bring() -> None:
            self.servers.bring_postgres()
            self.servers.bring_mlflow()

        self._later("PostgreSQL is back", bring, longest=20.0)
        return "at once"

    def _set_clock(self) -> str:
        hours = self._draw.choice((-30, -1, 0, 1, 30))
        return f"{hours:+d} h" if self._clock.put(hours * _HOUR) else ""
