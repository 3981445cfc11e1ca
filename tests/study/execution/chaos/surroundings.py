"""What a run stands on, and how it fails: a small disk, MLflow's server, PostgreSQL, the clock."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from servers import free_port, started_mlflow, wait_until_served
from services import Postgres, postgres_programs, query

_AHEAD = struct.Struct("=q")


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[bool]:
    """Mount a file system in memory, which can fill; yield whether that is allowed here."""
    place.mkdir(exist_ok=True)
    options = f"size={megabytes}m,mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    yield mounted
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


class Clock:
    """A clock of the run's own, which can be set; the machine's is left alone.

    Args:
        folder: Where its library and what it says lie.
    """

    def __init__(self, folder: Path) -> None:
        self._says = folder / "clock"
        self._says.write_bytes(_AHEAD.pack(0))
        self.variables: dict[str, str] = {}
        compiler, library = shutil.which("cc"), folder / "libclock.so"
        if compiler is None or not sys.platform.startswith("linux"):
            return
        source = str(Path(__file__).with_name("clock.c"))
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
        self.variables = {
            "LD_PRELOAD": str(library),
            "RAY_LD_PRELOAD_ON_WORKERS": "1",
            "CHAOS_CLOCK": str(self._says),
        }

    def put(self, seconds: int) -> bool:
        """Put it ahead of the machine's by so many seconds; return whether anybody looks at it."""
        with self._says.open("r+b", buffering=0) as file:  # which programs have mapped
            file.write(_AHEAD.pack(seconds))
        return bool(self.variables)


class Servers:
    """MLflow's server, on PostgreSQL where that is installed, and else on a file."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="chaos-servers-"))
        self._folder.chmod(0o755)  # PostgreSQL's user passes through
        self._postgres: Postgres | None = None
        database = ""
        self.variables = {}
        if postgres_programs() is not None:
            self._postgres = Postgres(self._folder / "p")
            for name in ("mlflow", "optuna"):
                query(str(self._postgres.folder), f"CREATE DATABASE {name}", database="postgres")
            address = "postgresql+psycopg://postgres@/{}?host=" + str(self._postgres.folder)
            database = address.format("mlflow")
            self.variables["INCAY_OPTUNA_STORAGE"] = address.format("optuna")
        self._database = database
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self.variables["MLFLOW_TRACKING_URI"] = self.address
        self._mlflow = started_mlflow(self._folder, self._port, database)
        self.wait()

    def wait(self) -> None:
        """Wait until MLflow answers."""
        wait_until_served(f"{self.address}/health", self._mlflow)

    def lose_mlflow(self, number: int) -> None:
        """Send MLflow's processes a signal."""
        with suppress(ProcessLookupError):
            os.killpg(self._mlflow.pid, number)

    def lose_postgres(self) -> bool:
        """Stop PostgreSQL as a crash would; return whether there is one."""
        if self._postgres is not None:
            self._postgres.stop()
        return self._postgres is not None

    def bring_postgres(self) -> None:
        """Start PostgreSQL again."""
        assert self._postgres is not None
        self._postgres.start()

    def bring_mlflow(self) -> None:
        """Have MLflow go on, or start it again."""
        self.lose_mlflow(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            self._mlflow.wait(timeout=0.2)
        if self._mlflow.poll() is not None:
            self._mlflow = started_mlflow(self._folder, self._port, self._database)

    def end(self) -> None:
        """End them for good."""
        self.lose_mlflow(signal.SIGKILL)
        self._mlflow.wait()
        if self._postgres is not None:
            self._postgres.stop()
        shutil.rmtree(self._folder)
