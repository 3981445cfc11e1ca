"""Starts Ray on this machine, or connects to a cluster."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from incay.study.errors import UserError
from incay.study.execution.on_ray.local import LocalRay, sweep_leftovers
from incay.study.execution.on_ray.services import workers_as_they_are
from incay.study.execution.on_ray.variables import own_ray_variables, ray_variables
from incay.study.execution.on_ray.watch import LONGEST_SILENCE, RayDiedError, RayWatch
from incay.study.hardware import cpu_count, gpu_count
from incay.study.planning.checks.ray_address import cluster_address, no_answer, require_cluster
from incay.trainables.errors import first_line
from incay.trainables.scratch import scratch

OnDeath = Callable[[RayDiedError, bool], None]


class RaySession:
    """Ray for one run: started when first needed, ended with the run.

    It is the Ray that this process has initialised, which goes on running; else the cluster that
    RAY_ADDRESS names, or a Ray of this machine's own.

    Args:
        cpus: CPUs of this machine to use; None for all.
        gpus: GPUs of this machine to use; None for all.
        workers: Processes that a Ray of this machine's own begins with, for the first trials.
        on_death: Called when Ray has died under the run, in any thread, with whether it was this
            machine's own; must end the process. None tells nobody, and ends it.
    """

    def __init__(
        self,
        cpus: float | None,
        gpus: float | None,
        workers: int = 0,
        on_death: OnDeath | None = None,
    ) -> None:
        self._cpus = int(cpus) if cpus is not None else cpu_count()
        self._gpus = gpus
        self._workers = workers
        self._chosen = cpus is not None or gpus is not None
        self._stack = ExitStack()
        self._started = False
        self._local: LocalRay | None = None
        self._on_death = on_death or _exit

    def __enter__(self) -> RaySession:
        sweep_leftovers()  # also where nothing is left to do, and so no Ray is started
        return self

    def __exit__(self, *_: object) -> None:
        self._started = False
        self._stack.close()
        self._local = None

    @contextmanager
    def watched(self, patience: float) -> Iterator[RayWatch]:
        """Watch Ray while the block runs.

        Args:
            patience: Seconds for which it may stand still, at most.

        Raises:
            RayDiedError: Ray has ended the block by an error of its own.
        """
        local = self._local
        watch = RayWatch(
            local.wait if local is not None else time.sleep,
            local.dead if local is not None else str,
            local.standing if local is not None else str,
            self._gone,
            patience=min(patience, LONGEST_SILENCE),
        )
        with watch.watching():
            yield watch

    def workers(self) -> AbstractContextManager[None]:
        """Have Tune use, in the block, the workers that a Ray of this machine's has begun with."""
        if self._local is None:
            return nullcontext()
        self._local.await_workers()
        return workers_as_they_are()

    def scratch(self) -> AbstractContextManager[Path]:
        """Return a folder for what Tune writes, removed with the block.

        It lies in that of this machine's Ray: what a killed run leaves goes with that one.
        """
        within = None if self._local is None else self._local.folder
        return scratch("tune", within)

    def _gone(self, died: RayDiedError) -> None:
        if self._local is not None:
            self._local.abandon()
        self._on_death(died, self._local is not None)

    def start(self) -> None:
        """Start Ray or connect to it; nothing if that was done before.

        Raises:
            UserError: No cluster answers at RAY_ADDRESS, or the Ray of this process is none that
                a study can train on.
            HaltedError: Ray cannot start here.
        """
        if self._started:
            return
        self._started = True
        self._stack.enter_context(ray_variables())
        address = cluster_address()
        if _is_initialized():
            self._check_initialized()
        elif address is not None:
            _connect(address)
            self._stack.callback(_disconnect)
        else:
            gpus = int(self._gpus) if self._gpus is not None else gpu_count()
            self._stack.enter_context(own_ray_variables())  # best before Ray is imported
            self._local = LocalRay(
                self._cpus,
                gpus,
                _options(),
                self._workers,
                killed=lambda what: self._on_death(RayDiedError(what), True),
            )
            self._stack.callback(self._local.stop)

    def _check_initialized(self) -> None:
        from ray.util.client import ray as client

        if client.is_connected():
            raise UserError(
                "the Ray of this process must be the cluster's own, but it is connected by Ray's "
                "client (ray://), which cannot run a study: call incay.run on the head, or use "
                "`incay submit`"
            )
        if self._chosen:
            raise UserError(
                "cpus and gpus must be left out where this process has called ray.init(): its Ray "
                "says itself what it has"
            )


def _is_initialized() -> bool:
    if "ray" not in sys.modules:
        return False
    import ray

    return bool(ray.is_initialized())


def _disconnect() -> None:
    import ray

    ray.shutdown()


def _exit(died: RayDiedError, local: bool) -> None:
    del local
    sys.stderr.write(f"{died}\n")
    os._exit(died.exit_code)


def _connect(address: str) -> None:
    import ray

    address = require_cluster(address)
    try:
        ray.init(address=address, **_options())
    except Exception as error:  # Ray's own kinds: no cluster, another version, a wrong token
        first = first_line(error)
        raise no_answer(address, first) from error


def _options() -> dict[str, Any]:
    """Return what a run asks of any Ray."""
    from ray.job_config import JobConfig

    job = JobConfig()
    job._py_driver_sys_path = _OnlyInstalled()
    return {"log_to_driver": False, "logging_level": "ERROR", "job_config": job}


class _OnlyInstalled(list[str]):
    """The folders in which workers look for modules besides their Python's own: none.

    Ray would add the one in which the command is called, where a user's own ``torch.py`` may lie.
    """

    def extend(self, folders: Iterable[str]) -> None:
        del folders
