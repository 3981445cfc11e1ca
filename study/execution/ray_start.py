"""Starts Ray on this machine, or connects to a cluster."""

from __future__ import annotations

import os
import re
import socket

from incay.study.errors import HaltedError, UserError
from incay.study.hardware import cpu_count, gpu_count

_CONNECT_SECONDS = 10.0
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
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
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
    address = os.environ.get("RAY_ADDRESS")
    try:
        if address is not None:
            _answers(address)
            os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", str(_WAITING_TRIALS))
            ray.init(**common)
            return
        ray.init(
            address="local",  # another Ray of this machine is not ours to use
            num_cpus=int(cpus) if cpus is not None else cpu_count(),
            num_gpus=int(gpus) if gpus is not None else gpu_count(),
            include_dashboard=False,
            **common,
        )
    except OSError as error:
        if address is None:
            raise HaltedError(f"Ray must start on this machine, but cannot: {error}") from error
        raise UserError(
            f"RAY_ADDRESS must be the address of a Ray cluster that answers, but is {address!r}: "
            f"{error}"
        ) from error


def _answers(address: str) -> None:
    """Raise an OSError if nothing listens: Ray itself tries for five minutes."""
    match = re.fullmatch(r"(?P<host>[^:/]+):(?P<port>\d+)", address)
    if match is not None:
        socket.create_connection((match["host"], int(match["port"])), _CONNECT_SECONDS).close()
