"""Ray on this machine for one run: reached by its user alone, and gone with the run.

By itself Ray listens on all addresses of a machine, keeps its token where others may read it and
opens its folder to everybody: who shares the machine could run code in a worker.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

from incay.study.errors import HaltedError
from incay.study.execution.on_ray import processes
from incay.study.execution.on_ray.services import only_what_trains, variables_of_workers
from incay.study.execution.on_ray.starting import watched_start
from incay.study.execution.on_ray.variables import variables_set
from incay.study.privacy import replaceable
from incay.trainables.errors import first_line
from incay.trainables.scratch import Scratch, sweep

_READY = "ready"
_LONGEST_WAIT = 10.0
"""Seconds that two further processes, in place of these, would surely take."""
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path, on Linux."""
_BELOW = "/incay-run-12345678/r/session_2026-11-26_08-04-50_687320_4194304/sockets/plasma_store"


class LocalRay:
    """A Ray of this machine's, from its start until `stop`.

    Attributes:
        folder: All that it writes, which goes with it; its user's alone.
    """

    def __init__(
        self,
        cpus: int,
        gpus: int,
        options: Mapping[str, Any],
        workers: int = 0,
        killed: Callable[[str], None] | None = None,
    ) -> None:
        """Start it.

        Args:
            cpus: How many CPUs of this machine to use.
            gpus: How many GPUs.
            workers: How many processes to begin at once for the first trials.
            options: What else `ray.init` takes.
            killed: Told, in any thread, what of it was killed while it starts; must end this
                process. None leaves it to Ray, which waits for half a minute.

        Raises:
            HaltedError: It cannot start here.
        """
        import ray

        base = _base()
        self._scratch = Scratch("run", base)
        self.folder = self._scratch.folder
        self._services: dict[str, Popen[bytes]] = {}
        self._workers = workers
        (self.folder / _READY).mkdir()
        begun = variables_of_workers(self.folder / _READY) if workers else {}

        def tell(what: str) -> None:
            if killed is not None:
                self.abandon()
                killed(what)

        try:
            with (
                variables_set(begun),
                only_what_trains(workers),
                watched_start(self.folder, tell),
            ):
                ray.init(
                    address="local",  # another Ray of this machine is not ours to use
                    num_cpus=cpus,
                    num_gpus=gpus,
                    include_dashboard=False,
                    # Ray opens this one to everybody, so that it lies in one that is ours.
                    _temp_dir=str(self.folder / "r"),
                    **options,
                )
        except Exception as error:  # Ray's own kinds, and those of the libraries it stands on
            self.stop()
            raise HaltedError(
                f"Ray must start on this machine, but cannot: {first_line(error)}. It needs "
                f"memory, shared memory (/dev/shm) and room for files in {base}"
            ) from error
        except BaseException:
            self.stop()
            raise
        self._services = _services()
        self._watched = processes.Watched(self._services)

    def await_workers(self) -> None:
        """Wait until those that it has begun with can be given trials, but not for long."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while time.monotonic() < deadline:
            if len(list((self.folder / _READY).iterdir())) >= self._workers:
                return
            time.sleep(0.02)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until one of its services ends."""
        self._watched.wait(seconds)

    def dead(self) -> str:
        """Return which of its services has ended, empty if none has; then end it at once.

        Where an agent has died, the raylet ends itself in good order, and with it, from C++, the
        process that is told so: ours. A raylet that is killed tells nobody.
        """
        name = self._watched.ended()
        if not name:
            return ""
        for service in self._services.values():
            service.kill()
        code = self._services[name].poll() if name in self._services else None
        how = f"was killed by signal {-code}" if code is not None and code < 0 else "has ended"
        return f"its process {name!r} {how}"

    def standing(self) -> str:
        """Return which of its services is stopped, empty if none is."""
        stopped = [name for name, pid in self._watched.pids.items() if processes.stands(pid)]
        return f"its process {stopped[0]!r} is stopped" if stopped else ""

    def stop(self) -> None:
        """End it with all of its processes, and remove its folder."""
        import ray

        with suppress(Exception):
            ray.shutdown()
        self.abandon()

    def abandon(self) -> None:
        """End its processes and remove its folder, without a word to it: it may be gone."""
        for service in self._services.values():
            service.kill()
        processes.end_all(self.folder)
        self._scratch.remove()


def sweep_leftovers() -> None:
    """Remove what killed processes of this user have left on this machine, Ray's among it."""
    for base in _places():
        # One that is stopped has not seen that its run is gone.
        sweep(base, before=processes.end_all)


def _base() -> Path:
    """Return where Ray's folder may be made: writable, safe from others, its path short enough.

    Raises:
        HaltedError: There is no such place.
    """
    tried = []
    for base in _places():
        problem = _unfit(base)
        if not problem:
            return base
        tried.append(problem)
    raise HaltedError(
        "Ray must have a folder for its sockets (TMPDIR), but none will do: "
        f"{'; '.join(dict.fromkeys(tried))}"
    )


def _places() -> list[Path]:
    names = (tempfile.gettempdir(), "/tmp", "/var/tmp", os.environ.get("XDG_RUNTIME_DIR"))
    return list(dict.fromkeys(Path(name or Path.home()).resolve() for name in names))


def _unfit(base: Path) -> str:
    if len(os.fsencode(base)) + len(_BELOW) > _LONGEST_SOCKET:
        return f"{base} makes a socket's path longer than {_LONGEST_SOCKET} bytes"
    if not os.access(base, os.W_OK | os.X_OK):
        return f"{base} cannot be written"
    return str(replaceable(base) or "")


def _services() -> dict[str, Popen[bytes]]:
    """Return the processes that Ray has just started here, without those that it starts in turn."""
    from ray._private import worker

    node = worker._global_node
    started = node.all_processes.items() if node is not None else ()
    return {name: each[0].process for name, each in started if each}
