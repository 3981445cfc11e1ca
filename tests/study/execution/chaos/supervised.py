"""A run under a supervisor that starts it again, and all processes that belong to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
from programs import ENVIRONMENT

STUDY = "chaos"
COMMAND = (sys.executable, "-m", "incay", "run", f"{STUDY}.yaml")
_MARK = "CHAOS_RUN"
_KINDS = {
    "Ray": ("gcs_server", "raylet/raylet", "agent", "Agent"),
    "worker": ("ray::", "default_worker.py"),
    "mirror": ("mirrors.follower",),
    "driver": ("-m incay run",),
}
"""Kinds of processes by what stands in their command lines; what fits none is another kind."""


class SupervisedRun:
    """The same command, started whenever it has ended.

    Args:
        folder: Where the study file and the results lie.
        scratch: The run's folder for temporary files, used by nobody else.
        variables: Of the environment, on top of ours.
    """

    def __init__(self, folder: Path, scratch: Path, **variables: str) -> None:
        self.folder, self.scratch = folder, scratch
        self.variables = {"TMPDIR": str(scratch), _MARK: scratch.name, **variables}
        self._output = folder / "output.log"
        self._driver: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """What all drivers have said."""
        return self._output.read_text(errors="replace")

    @property
    def code(self) -> int | None:
        """How the driver has ended, None while it runs, or before the first."""
        return None if self._driver is None else self._driver.poll()

    @property
    def driver(self) -> subprocess.Popen[bytes] | None:
        """The driver, None where none runs."""
        return self._driver if self._driver is not None and self._driver.poll() is None else None

    def start(self, **variables: str) -> None:
        """Start a driver."""
        self._driver = self.start_rival(**variables)

    def start_rival(self, **variables: str) -> subprocess.Popen[bytes]:
        """Start the command once more, unsupervised."""
        with self._output.open("ab") as output:
            return subprocess.Popen(
                COMMAND,
                cwd=self.folder,
                env={**ENVIRONMENT, **self.variables, **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def members(self, kind: str = "") -> list[psutil.Process]:
        """Return the run's processes, of a kind or of all, those of killed drivers too."""
        found = [each for each in psutil.process_iter() if self._is_member(each)]
        return [each for each in found if kind in ("", kind_of(each))]

    def kill(self) -> None:
        """Kill all that belongs to the run."""
        while left := self.members():
            for each in left:
                with suppress(psutil.Error):
                    each.send_signal(signal.SIGKILL)
            if self._driver is not None:
                self._driver.wait()  # first: it is ours to ask how it ended, and nobody's else
            psutil.wait_procs(left, timeout=5.0)

    def _is_member(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            # Ray's workers write their names over their environment, and keep logs open.
            return process.environ().get(_MARK) == self.scratch.name or any(
                Path(file.path).is_relative_to(self.scratch) for file in process.open_files()
            )
        return False


def command_of(process: psutil.Process) -> str:
    """Return a process's command line, empty where it is gone."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline()[:6])
    return ""


def kind_of(process: psutil.Process) -> str:
    """Return which kind a process is of."""
    command = command_of(process)
    fitting = (kind for kind, words in _KINDS.items() if any(word in command for word in words))
    return next(fitting, "other")
