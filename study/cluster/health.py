"""What a machine offers to studies: GPUs, versions, disk, data, and what it reaches."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from incay.study.cluster.exposed import exposures
from incay.study.planning.servers import ask
from incay.trainables.outgoing import without_secrets

PACKAGES = ("ray", "torch", "torchvision", "mlflow", "optuna", "pyarrow", "numpy")
"""Packages whose versions must be the same on every node."""

ALONE = "this machine"
"""The role of a machine that no cluster is asked about."""

_SECONDS_TO_ANSWER = 5.0


@dataclass
class Health:
    """One machine.

    Attributes:
        node: Its address or name.
        role: ``head``, ``worker`` or ``this machine``.
        versions: Python's and the packages'; an absent package has none.
        gpus: Names of the GPUs that the driver lists.
        driver: Version of NVIDIA's driver, empty without one.
        usable_gpus: How many PyTorch can use.
        cuda: The CUDA version that PyTorch was built with.
        offered_gpus: How many Ray offers to trials; None outside a cluster.
        disk_free: Bytes free where Ray and Tune write.
        data: The data root, if one is set.
        data_there: Whether it is a directory.
        store: Where results go.
        store_error: Why they cannot be written there, empty if they can.
        store_seen: Whether what the head wrote there is seen; None if that was not tried.
        mlflow: Where MLflow is, if it is a server.
        mlflow_error: Why it does not answer, empty if it does.
        exposed: What others could read, change or reach: what that is, and what mends it.
    """

    node: str
    role: str
    versions: dict[str, str] = field(default_factory=dict)
    gpus: list[str] = field(default_factory=list)
    driver: str = ""
    usable_gpus: int = 0
    cuda: str = ""
    offered_gpus: float | None = None
    disk_free: int = 0
    data: str = ""
    data_there: bool = False
    store: str = ""
    store_error: str = ""
    store_seen: bool | None = None
    mlflow: str = ""
    mlflow_error: str = ""
    exposed: list[list[str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def examine(
    node: str = "", role: str = ALONE, environment: Mapping[str, str] | None = None
) -> Health:
    """Look at the machine that this runs on.

    Args:
        node: What to call it.
        role: What it is for.
        environment: Where the settings are read; None for the process's own.
    """
    settings = os.environ if environment is None else environment
    health = Health(node or socket.gethostname(), role)
    health.versions = {"python": platform.python_version(), **_versions()}
    health.gpus, health.driver = _nvidia()
    with contextlib.suppress(ImportError):
        import torch

        health.usable_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        health.cuda = torch.version.cuda or ""
    health.disk_free = shutil.disk_usage(tempfile.gettempdir()).free
    health.data = settings.get("INCAY_DATA", "")
    health.data_there = bool(health.data) and Path(health.data).is_dir()
    results, tracking = settings.get("INCAY_RESULTS", ""), settings.get("MLFLOW_TRACKING_URI", "")
    health.store, health.mlflow = without_secrets(results), without_secrets(tracking)
    health.store_error = _store_error(results) if results else ""
    health.mlflow_error = _mlflow_error(tracking)
    health.exposed = exposures(settings, of_cluster=role != ALONE)
    return health


def probe_path(name: str) -> str:
    """Return the path below the results of a file that only shows that one can write there."""
    return f"doctor/{name}"


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _nvidia() -> tuple[list[str], str]:
    command = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return [], ""
    rows = [line.split(", ") for line in done.stdout.splitlines() if ", " in line]
    return [row[0] for row in rows], rows[0][1] if rows else ""


def _store_error(uri: str) -> str:
    from incay.trainables.store.trials import Store

    path = probe_path(uuid.uuid4().hex)
    try:
        store = Store(uri)
        store.write(path, b"written by incay doctor")
        back = store.read(path)
        store.delete(path)
    except Exception as error:  # any file system's own errors
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return "" if back is not None else "what was written is not there"


def _mlflow_error(uri: str) -> str:
    if not uri.startswith("http"):
        return ""
    try:
        ask(f"{uri.rstrip('/')}/health", _SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        return str(error)
    return ""
