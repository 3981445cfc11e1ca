"""Starts Ray on this machine, or connects to a cluster."""

from __future__ import annotations

import os

from incay.study.errors import HaltedError
from incay.study.hardware import cpu_count, gpu_count
from incay.study.planning.checks.ray_address import cluster_address, no_answer, require_cluster

_WAITING_TRIALS = 16
"""Trials that wait on a cluster at once, each a reason for its autoscaler to add nodes.

With a searcher Tune lets one wait, so that one node after another would start, minutes each.
"""


def quiet_ray() -> None:
    """Set what Ray reads from the environment, before it is imported."""
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


def start_ray(cpus: float | None, gpus: float | None) -> None:
    """Connect to the cluster that RAY_ADDRESS names, or start Ray on this machine.

    Args:
        cpus: CPUs of this machine to use; None for all.
        gpus: GPUs of this machine to use; None for all.

    Raises:
        UserError: No cluster answers at RAY_ADDRESS.
        HaltedError: Ray cannot start here.
    """
    import ray

    if ray.is_initialized():
        return
    common = {"log_to_driver": False, "logging_level": "ERROR"}
    address = cluster_address()
    if address is not None:
        require_cluster(address)
        os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", str(_WAITING_TRIALS))
        try:
            ray.init(address=address, **common)
        except Exception as error:  # Ray's own kinds: no cluster, another version, a wrong token
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise no_answer(address, first) from error
        return
    try:
        ray.init(
            address="local",  # another Ray of this machine is not ours to use
            num_cpus=int(cpus) if cpus is not None else cpu_count(),
            num_gpus=int(gpus) if gpus is not None else gpu_count(),
            include_dashboard=False,
            **common,
        )
    except OSError as error:
        raise HaltedError(f"Ray must start on this machine, but cannot: {error}") from error
