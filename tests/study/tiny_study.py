"""A study of eight small trials, and the command line that runs it as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from programs import ENVIRONMENT

BASE = """\
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
"""
STUDY = f"""\
{BASE}search:
  all arms: {{optimizer.weight_decay: log 1e-5 .. 1e-2}}
budget: {{trials: 2}}
confirm: {{seeds: 2}}
"""


def interrupted(folder: Path, number: int, *settings: str) -> tuple[int, str]:
    """Start the tiny study, send it a signal once a trial has reported; return code and errors."""
    (folder / "tiny.yaml").write_text(STUDY)
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror", *settings],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 500
    while not list(folder.glob("results/trials/*/*/progress.json")):
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(driver.pid, number)
    _, errors = driver.communicate(timeout=500)
    return driver.returncode, errors


def results(folder: Path) -> dict[str, dict[str, float]]:
    found = {}
    for path in folder.glob("trials/*/*/record.json"):
        record = json.loads(path.read_text())
        assert record["status"] == "completed"
        metrics = {k: v for k, v in record["metrics"].items() if k != "images_per_second"}
        found[record["fingerprint"]] = metrics
    return found
