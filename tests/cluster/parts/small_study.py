"""A study whose trials last long enough to be disturbed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

STUDY = """\
name: small
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.3, dimension: 4}
  optimizer: {lr: 0.01}
  steps: 2000
  batch_size: 32
  reports: 40
  precision: fp32
arms:
  Softmax: {}
  RN: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 2}
"""
STEPS, TRIALS = 2000, 4

_VARYING = ("images_per_second",)


def write_study(folder: Path) -> Path:
    """Write the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "small.yaml"
    path.write_text(STUDY)
    return path


def start_driver(folder: Path, address: str, environment: Mapping[str, str]) -> subprocess.Popen:
    """Start a driver of the study on a running cluster; its output is piped."""
    write_study(folder)
    return subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "small.yaml", "--no-mirror"],
        cwd=folder,
        env={**environment, "RAY_ADDRESS": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def outcomes(records: Iterable[bytes]) -> dict[str, Any]:
    """Return what must be the same however a study was disturbed, by fingerprint."""
    found = {}
    for content in records:
        record = json.loads(content)
        metrics = {k: v for k, v in record["metrics"].items() if k not in _VARYING}
        found[record["fingerprint"]] = (record["status"], record["step"], metrics)
    return found


def local_outcomes(results: Path) -> dict[str, Any]:
    """Return the outcomes in a local directory of results."""
    return outcomes(path.read_bytes() for path in results.glob("trials/*/*/record.json"))


def wait_for(holds: Callable[[], object], what: str, seconds: float = 150) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} must have come by now"
        time.sleep(0.1)
