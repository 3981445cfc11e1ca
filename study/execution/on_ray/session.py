"""Starts Ray on this machine, or connects to a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from incay.study.execution.on_ray.local import LocalRay, keep_private
from incay.study.hardware import cpu_count, gpu_count
from incay.study.planning.checks.ray_address import cluster_address, no_answer, require_cluster

_WAITING_TRIALS = 16
"""Trials that wait on a cluster at once, each a reason for its autoscaler to add nodes.

With a searcher Tune lets one wait, so that one node after another would start, minutes each.
"""


def prepare_environment(*, local: bool) -> None:
    """Set what Ray reads from the environment, before it is imported."""
    if local and "ray" not in sys.modules:
        keep_private()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
    os.environ.setdefault("TUNE_WARN_SLOW_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S", "1000")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "3600")
    # Else a trial that asks for no GPU sees all of them.
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "1"
    # Workers for plain tasks, of which a run has none: they would delay those that train.
    os.environ.setdefault("RAY_prestart_worker_first_driver", "0")


class RaySession:
    """Ray for one run: started when first needed, ended with the run.

    It is a Ray of this machine's own, or the cluster that RAY_ADDRESS names.

    Args:
        cpus: CPUs of this machine to use; None for all.
        gpus: GPUs of this machine to use; None for all.
    """

    def __init__(self, cpus: float | None, gpus: float | None) -> None:
        self._cpus = int(cpus) if cpus is not None else cpu_count()
        self._gpus = gpus
        self._local: LocalRay | None = None

    def __enter__(self) -> RaySession:
        return self

    def __exit__(self, *_: object) -> None:
        if self._local is not None:
            self._local.stop()
            self._local = None

    def start(self) -> None:
        """Start Ray or connect to it; nothing if that was done before.

        Raises:
            UserError: No cluster answers at RAY_ADDRESS.
            HaltedError: Ray cannot start here.
        """
        address = cluster_address()
        prepare_environment(local=address is None)
        import ray

        if ray.is_initialized():
            return
        if address is not None:
            _connect(address)
        else:
            gpus = int(self._gpus) if self._gpus is not None else gpu_count()
            self._local = LocalRay(self._cpus, gpus, _options())


def _connect(address: str) -> None:
    import ray

    address = require_cluster(address)
    os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", str(_WAITING_TRIALS))
    try:
        ray.init(address=address, **_options())
    except Exception as error:  # Ray's own kinds: no cluster, another version, a wrong token
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
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
