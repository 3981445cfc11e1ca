"""A study of eight small trials, and the command line that runs it as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

STUDY = """\
name: tiny
question: Does it run?
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.3, dimension: 4}
  optimizer: {lr: 0.01}
  steps: 40
  batch_size: 32
  reports: 4
  precision: fp32
arms:
  Softmax: {}
  RN: {incay: {form: reciprocal, weight: 0.1}}
search:
  all arms: {optimizer.weight_decay: log 1e-5 .. 1e-2}
budget: {trials: 2}
confirm: {seeds: 2}
"""


def incay(
    *arguments: str, cwd: Path, timeout: float = 240, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "study.cli", *arguments],
        cwd=cwd,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def results(folder: Path) -> dict[str, dict[str, float]]:
    found = {}
    for path in folder.glob("trials/*/*/record.json"):
        record = json.loads(path.read_text())
        assert record["status"] == "completed"
        metrics = {k: v for k, v in record["metrics"].items() if k != "images_per_second"}
        found[record["fingerprint"]] = metrics
    return found
