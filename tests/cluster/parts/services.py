"""Services that studies use, as real processes: an S3 endpoint and PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

BUCKET = "incay"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@contextlib.contextmanager
def s3_server(host: str = "127.0.0.1") -> Iterator[str]:
    """Run an S3 endpoint with one bucket; yield ``host:port``."""
    address = f"{host}:{_free_port(host)}"
    command = [sys.executable, "-m", "moto.server", "-H", host, "-p", address.split(":")[1]]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        request = urllib.request.Request(f"http://{address}/{BUCKET}", method="PUT")
        _until(lambda: urllib.request.urlopen(request, timeout=5), server)
        yield address
    finally:
        server.terminate()
        server.wait()


def s3_uri(address: str, path: str) -> str:
    """Return the URI of a path in the bucket of an endpoint."""
    return f"s3://{BUCKET}/{path}?scheme=http&endpoint_override={address}&region=us-east-1"


def postgres_programs() -> Path | None:
    """Return the directory of PostgreSQL's own programs, None without one."""
    found = [Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    named = shutil.which("initdb")
    found += [Path(named).resolve().parent] if named else []
    whole = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    return whole[-1].joinpath("initdb").resolve().parent if whole else None


class Postgres:
    """A PostgreSQL server on a Unix socket only.

    Args:
        folder: Where it lives, its socket too; must not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        programs = postgres_programs()
        assert programs is not None
        folder.mkdir(parents=True)
        user = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres")
            user = ["runuser", "-u", "postgres", "--"]
        self.folder = folder
        self._data = data = str(folder / "data")
        self._control = [*user, str(programs / "pg_ctl"), "-D", data, "-w"]
        initialise = [str(programs / "initdb"), "-U", "postgres", "-A", "trust", "-D", data]
        _silently([*user, *initialise])
        self.start()

    def start(self) -> None:
        """Start it, as after `stop`."""
        options = f"-c listen_addresses='' -k {self.folder}"
        _silently([*self._control, "-l", f"{self._data}/log", "-o", options, "start"])

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        _silently([*self._control, "-m", "immediate", "stop"])


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run PostgreSQL with a database ``mlflow`` on a Unix socket only; yield its directory."""
    server = Postgres(folder)
    try:
        query(str(folder), "CREATE DATABASE mlflow", database="postgres")
        yield str(folder)
    finally:
        server.stop()
        shutil.rmtree(folder)


def query(socket_folder: str, statement: str, database: str = "mlflow") -> list[tuple]:
    """Run a statement and return its rows, if it has any."""
    import psycopg

    with psycopg.connect(
        host=socket_folder, user="postgres", dbname=database, autocommit=True
    ) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _silently(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _until(attempt, process: subprocess.Popen, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            attempt()
            return
        except urllib.error.URLError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.2)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
