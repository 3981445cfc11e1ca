"""Ray on this machine for one run: reached by its user alone, and gone with the run.

By itself Ray listens on all addresses of a machine, keeps its token where others may read it and
opens its folder to everybody: who shares the machine could run code in a worker.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from incay.study.errors import HaltedError
from incay.study.privacy import replaceable

_PREFIX = "incay-run-"
_LOCK = "lock"
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path, on Linux."""
_BELOW = "/incay-run-12345678/r/session_2026-11-26_08-04-50_687320_4194304/sockets/plasma_store"


class LocalRay:
    """A Ray of this machine's, from its start until `stop`."""

    def __init__(self, cpus: int, gpus: int, options: Mapping[str, Any]) -> None:
        """Start it.

        Args:
            cpus: How many CPUs of this machine to use.
            gpus: How many GPUs.
            options: What else `ray.init` takes.

        Raises:
            HaltedError: It cannot start here.
        """
        import ray

        base = _base()
        _sweep(base)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        self._lock = FileLock(self._folder / _LOCK)
        self._lock.acquire()
        try:
            with _only_what_trains():
                ray.init(
                    address="local",  # another Ray of this machine is not ours to use
                    num_cpus=cpus,
                    num_gpus=gpus,
                    include_dashboard=False,
                    # Ray opens this one to everybody, so that it lies in one that is ours.
                    _temp_dir=str(self._folder / "r"),
                    **options,
                )
        except OSError as error:
            self.stop()
            raise HaltedError(f"Ray must start on this machine, but cannot: {error}") from error
        except BaseException:
            self.stop()  # the process may be a notebook's, and live on
            raise

    def stop(self) -> None:
        """End it with all of its processes, and remove its folder."""
        import ray

        ray.shutdown()
        self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)


def _base() -> Path:
    """Return where Ray's folder may be made: writable, safe from others, its path short enough.

    Raises:
        HaltedError: There is no such place.
    """
    tried = []
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp", os.environ.get("XDG_RUNTIME_DIR")):
        base = Path(name or Path.home()).resolve()
        problem = _unfit(base)
        if not problem:
            return base
        tried.append(problem)
    raise HaltedError(
        "Ray must have a folder for its sockets (TMPDIR), but none will do: "
        f"{'; '.join(dict.fromkeys(tried))}"
    )


def _unfit(base: Path) -> str:
    if len(os.fsencode(base)) + len(_BELOW) > _LONGEST_SOCKET:
        return f"{base} makes a socket's path longer than {_LONGEST_SOCKET} bytes"
    if not os.access(base, os.W_OK | os.X_OK):
        return f"{base} cannot be written"
    return str(replaceable(base) or "")


def _sweep(base: Path) -> None:
    """Remove the folders that killed runs of this user have left."""
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            if folder.stat().st_uid != os.geteuid() or not (folder / _LOCK).exists():
                continue
            with FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _only_what_trains() -> Iterator[None]:
    """Leave out what a run on one machine has no use for: autoscaler, dashboard and log monitor.

    `ray.init` has no option for that. They take a quarter of a gigabyte and two seconds.
    """
    from ray._private import node, parameter

    class Parameters(parameter.RayParams):  # type: ignore[misc]
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, **named, no_monitor=True, include_log_monitor=False)

    def nothing(*_: object, **__: object) -> None:
        pass

    replaced = ((parameter, "RayParams", Parameters), (node.Node, "start_api_server", nothing))
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in replaced]
    for owner, name, value in replaced:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
