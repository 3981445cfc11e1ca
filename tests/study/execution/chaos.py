"""Faults for a running study, drawn from a seed and written to a log as they are done."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from programs import ENVIRONMENT

BOOKS = ("study.json", "trials.json", "lease.json", "../latest.json")


class Chaos:
    """A study in a folder, its driver, and what is done to both.

    Args:
        folder: Where the study file lies.
        seed: Decides all faults and pauses.
        variables: Of the environment, on top of ours.
    """

    def __init__(self, folder: Path, seed: int, **variables: str) -> None:
        self._folder = folder
        self._draw = random.Random(seed)
        self._environment = {**ENVIRONMENT, **variables}
        self._log = folder / "chaos.log"
        self._undo: list[tuple[float, Callable[[], None]]] = []
        self._driver: subprocess.Popen[bytes] | None = None
        self._faults: Mapping[Callable[[], str], int] = {
            self._kill_worker: 5,
            self._stop_worker: 3,
            self._kill_ray: 2,
            self._stop_ray: 1,
            self._kill_driver: 1,
            self._kill_all: 1,
            self._stop_driver: 1,
            self._suspend_all: 1,
            self._interrupt: 1,
            self._fill_disk: 2,
            self._flip_book: 4,
            self._kill_mirror: 1,
            self._hide_mlflow: 1,
        }
        self.done: dict[str, int] = {}

    @property
    def output(self) -> str:
        """What all drivers have said."""
        return (self._folder / "output.log").read_text(errors="replace")

    def note(self, line: str) -> None:
        """Write a line to the log."""
        with self._log.open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {line}\n")

    @property
    def running(self) -> bool:
        """Whether a driver runs."""
        return self._driver is not None and self._driver.poll() is None

    def code(self) -> int | None:
        """Return how the driver has ended, None while it runs."""
        return None if self._driver is None else self._driver.poll()

    def start(self, *options: str) -> None:
        """Start a driver."""
        self.note(f"start {' '.join(options)}")
        with (self._folder / "output.log").open("ab") as output:
            self._driver = subprocess.Popen(
                [sys.executable, "-m", "incay", "run", "chaos.yaml", *options],
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pause(self, least: float, most: float) -> None:
        """Wait for a while, or until the driver has ended; undo what is due."""
        until = time.monotonic() + self._draw.uniform(least, most)
        while time.monotonic() < until and self.code() is None:
            self._put_right(time.monotonic())
            time.sleep(0.05)
        self._put_right(time.monotonic())

    def fault(self) -> None:
        """Do one fault."""
        faults, weights = list(self._faults), list(self._faults.values())
        fault = self._draw.choices(faults, weights)[0]
        name = fault.__name__.strip("_")
        what = fault()
        self.note(f"{name}: {what or 'nothing there'}")
        if what:
            self.done[name] = self.done.get(name, 0) + 1

    def calm(self) -> None:
        """Undo what lasts, and end the driver."""
        self._put_right(float("inf"))
        self._kill_all()

    def _put_right(self, now: float) -> None:
        due = [each for each in self._undo if each[0] <= now]
        self._undo = [each for each in self._undo if each[0] > now]
        for _, undo in due:
            with suppress(OSError, psutil.Error):
                undo()

    def _later(self, undo: Callable[[], None]) -> None:
        self._undo.append((time.monotonic() + self._draw.uniform(1.0, 6.0), undo))

    def _family(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            if self._driver is not None:
                return psutil.Process(self._driver.pid).children(recursive=True)
        return []

    def _one(self, *words: str) -> psutil.Process | None:
        fitting = [each for each in self._family() if any(w in _command(each) for w in words)]
        return self._draw.choice(fitting) if fitting else None

    def _send(self, process: psutil.Process | None, number: int) -> str:
        if process is None:
            return ""
        what = f"{_command(process)[-40:]} ({process.pid})"
        with suppress(psutil.Error):
            process.send_signal(number)
        return what

    def _kill_worker(self) -> str:
        return self._send(self._one("Trainable", "ray::IDLE"), signal.SIGKILL)

    def _stop_worker(self) -> str:
        return self._send(self._one("Trainable", "ray::IDLE"), signal.SIGSTOP)

    def _kill_ray(self) -> str:
        return self._send(self._one("gcs_server", "raylet/raylet", "Agent"), signal.SIGKILL)

    def _stop_ray(self) -> str:
        return self._send(self._one("gcs_server", "raylet/raylet", "Agent"), signal.SIGSTOP)

    def _kill_driver(self) -> str:
        driver = self._driver
        if driver is None or not self.running:
            return ""
        driver.kill()
        driver.wait()
        return "driver"

    def _kill_all(self) -> str:
        family = self._family()
        what = self._kill_driver()
        for each in family:
            self._send(each, signal.SIGKILL)
        return what

    def _stop_driver(self) -> str:
        driver = self._driver
        if driver is None or not self.running:
            return ""
        driver.send_signal(signal.SIGSTOP)
        self._later(lambda: driver.send_signal(signal.SIGCONT))
        return "driver"

    def _suspend_all(self) -> str:
        driver = self._driver
        if driver is None or not self.running:
            return ""
        os.killpg(driver.pid, signal.SIGSTOP)
        self._later(lambda: os.killpg(driver.pid, signal.SIGCONT))
        return "all"

    def _interrupt(self) -> str:
        driver = self._driver
        if driver is None or not self.running:
            return ""
        driver.send_signal(self._draw.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)))
        return "driver"

    def _fill_disk(self) -> str:
        results = self._folder / "results"
        if not results.is_mount():
            return ""  # the disk is everybody's
        filler = results / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"\0" * 65_536)
        self._later(lambda: filler.unlink(missing_ok=True))
        return "results"

    def _flip_book(self) -> str:
        runs = list(self._folder.glob("results/studies/chaos/*/study.json"))
        if not runs:
            return ""
        book = (self._draw.choice(runs).parent / self._draw.choice(BOOKS)).resolve()
        with suppress(OSError):
            content = bytearray(book.read_bytes())
            if content:
                content[self._draw.randrange(len(content))] ^= 1 << self._draw.randrange(8)
                book.write_bytes(content)
                return book.name
        return ""

    def _kill_mirror(self) -> str:
        return self._send(self._one("mirrors.follower"), signal.SIGKILL)

    def _hide_mlflow(self) -> str:
        database = self._folder / "results/mlflow.db"
        hidden = self._folder / "mlflow.db"
        if not database.exists():
            return ""
        shutil.move(database, hidden)
        self._later(lambda: shutil.move(hidden, database) and None)
        return "mlflow.db"


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return ""


def said_wrongly(output: str, words: Sequence[str] = ("Traceback", "state-dump")) -> list[str]:
    """Return the lines of an output that no user should see."""
    return [line for line in output.splitlines() if any(word in line for word in words)]
