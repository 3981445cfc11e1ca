"""What a failing MLflow server costs the training: nothing, or how much.

Run as ``python -m benchmarks.faults.mirror`` (minutes). The same study of 6 trials runs without
a mirror, with a server that takes connections and never answers, and with one whose every answer
is an error; in turn, several times. Training time is that of the trials, as their records have it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from pathlib import Path

from benchmarks.faults.servers import answering_errors, never_answering

STUDY = """\
name: mirror-faults
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.5}
  optimizer: {lr: 0.01}
  steps: 200
  reports: 20
  precision: fp32
arms:
  Softmax: {}
  RN: {incay: {form: reciprocal, weight: 0.1}}
confirm: {seeds: 3}
"""


def training_seconds(address: str | None) -> float:
    """Run the study and return the training time of its trials."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "study.yaml").write_text(STUDY)
        command = [sys.executable, "-m", "incay", "run", "study.yaml", "--cpus", "1"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / ".src")}
        if address is None:
            command += ["--no-mirror"]
        else:
            environment["MLFLOW_TRACKING_URI"] = address
        subprocess.run(
            command, cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
        records = Path(folder).glob("results/trials/*/*/record.json")
        seconds = [json.loads(path.read_text())["provenance"]["seconds"] for path in records]
        assert len(seconds) == 6
        return float(sum(seconds))


def main() -> None:
    """Print the median training time of each kind, and its ratio to none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    kinds: dict[str, Callable[[], AbstractContextManager[str | None]]] = {
        "no mirror": nullcontext,
        "blocked server": never_answering,
        "server with errors": answering_errors,
    }
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(arguments.repeats):
        for name, server in kinds.items():
            with server() as address:
                seconds[name].append(training_seconds(address))
    base = statistics.median(seconds["no mirror"])
    for name, values in seconds.items():
        median = statistics.median(values)
        spread = ", ".join(f"{value:.1f}" for value in values)
        print(f"{name}: {median:.2f} s of training ({spread}), ratio {median / base:.3f}")
    print(
        f"6 trials of 200 steps on one CPU; torch {version('torch')}, mlflow {version('mlflow')}, "
        f"Python {platform.python_version()}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
