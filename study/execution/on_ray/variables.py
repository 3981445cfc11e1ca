"""What Ray reads from the environment, set while a run lasts and put back afterwards.

Ray reads who may reach it when it is imported. In a notebook it may have been imported before, or
be used by its owner afterwards: so what it has read is read again, at both ends.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from incay.study.planning.checks.ray_address import cluster_address
from incay.trainables.variables import variables

_WAITING_TRIALS = 16
"""Trials that wait on a cluster at once, each a reason for its autoscaler to add nodes.

With a searcher Tune lets one wait, so that one node after another would start, minutes each.
"""
_DEFAULTS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    # Else Ray's C++ hears SIGTERM before us as it starts, looks for names of its stack, and aborts
    # the process if that takes three seconds, as of one that is suspended.
    "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",
    # Of a lost worker the user gets a line of ours, in place of a stack.
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_SLOW_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "1000",
    "TUNE_GLOBAL_CHECKPOINT_S": "3600",
    # On a cluster they would be workers for plain tasks, of which a run has none.
    "RAY_prestart_worker_first_driver": "0",
}
_RAYS = ("RAY_", "TUNE_")
_LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


@contextmanager
def ray_variables() -> Iterator[None]:
    """Set what a run asks of any Ray, while the ``with`` block runs."""
    values = {name: os.environ.get(name, value) for name, value in _DEFAULTS.items()}
    # Else a trial that asks for no GPU sees all of them.
    values["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "1"
    if cluster_address() is not None:
        pending = "TUNE_MAX_PENDING_TRIALS_PG"
        values[pending] = os.environ.get(pending, str(_WAITING_TRIALS))
    before = {name: each for name, each in variables().items() if name.startswith(_RAYS)}
    _set(values)
    try:
        yield
    finally:
        # Ray and Tune set more of them by themselves.
        added = [name for name in variables() if name.startswith(_RAYS) and name not in before]
        _set({**dict.fromkeys(added), **before})


@contextmanager
def own_ray_variables() -> Iterator[None]:
    """Have a Ray that starts in the ``with`` block be reached by its user alone, on loopback."""
    values = {
        _LOOPBACK_ONLY: "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),  # read before any file, and in none
        "RAY_AUTH_TOKEN_PATH": None,
        "RAY_task_events_report_interval_ms": "0",  # for a dashboard, which there is none of
    }
    try:
        with variables_set(values):
            _read_again()
            yield
    finally:
        _read_again()  # the values of before


def _read_again() -> None:
    """Have Ray, if it is imported, take in what the environment says now."""
    if "ray" not in sys.modules:
        return
    from ray import _raylet
    from ray._private import ray_constants

    compiled: Any = _raylet  # which says nothing of its types
    ray_constants.ENABLE_RAY_CLUSTER = ray_constants.env_bool(
        _LOOPBACK_ONLY, not ray_constants.IS_WINDOWS_OR_OSX
    )
    compiled.Config.initialize("")
    compiled.AuthenticationTokenLoader.instance().reset_cache()


@contextmanager
def variables_set(values: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables of the environment, or take them away where None, while the block runs."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
