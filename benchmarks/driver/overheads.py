"""What the platform itself costs: per trial, per report, at the start, and of its commands.

Run as ``python -m benchmarks.driver.overheads`` (some minutes). Trials that train nothing
(`benchmarks.driver.idle`) go through the real driver, store, sampler, MLflow mirror and Optuna copy
on two CPUs; the first training step is that of a real study. Times of commands are medians.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUDY = """\
name: idle
base:
  dataset: digits
  network: {{name: mnist-2d, width: 0.2}}
  steps: {steps}
  reports: {reports}
arms:
  RN + Softmax: {{incay: {{form: reciprocal, weight: 0.1}}}}
search:
  RN + Softmax: {{incay.weight: log 1e-3 .. 1e3}}
budget: {{trials: {trials}}}
confirm: {{seeds: 1}}
"""
TWO = """\
name: two
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.2}
  steps: 20
  reports: 1
  precision: fp32
arms: {Softmax: {}}
confirm: {seeds: 2}
"""


def incay(folder: Path, *arguments: str, module: str = "incay.study.cli") -> tuple[float, str]:
    """Run a command of incay in a folder; return its seconds and what it said on both streams."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return time.perf_counter() - started, done.stdout


def environment() -> dict[str, str]:
    """Return an environment in which results stay in the folder."""
    values = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0"}
    values.pop("MLFLOW_TRACKING_URI", None)
    return values


def finish_times(folder: Path) -> list[float]:
    """Return when each record was written, in order, in seconds."""
    records = folder.glob("results/trials/*/*/record.json")
    return sorted(path.stat().st_mtime_ns / 1e9 for path in records)


def seconds_per_trial(folder: Path, trials: int) -> float:
    """Return the median time from record to record of a search."""
    (folder / "idle.yaml").write_text(STUDY.format(steps=1, reports=1, trials=trials))
    incay(folder, "run", "idle.yaml", "--cpus", "2", module="benchmarks.driver.idle")
    times = finish_times(folder)[:trials]
    # Two finish together now and then: the mean over a stretch is what counts.
    stretch = max(2, len(times) // 10)
    pieces = [
        (times[start + stretch] - times[start]) / stretch
        for start in range(0, len(times) - stretch, stretch)
    ]
    return statistics.median(pieces)


def driver_seconds(folder: Path, trials: int, reports: int) -> float:
    """Return the CPU seconds of the driver of a search."""
    study = STUDY.format(steps=reports, reports=reports, trials=trials)
    (folder / "idle.yaml").write_text(study)
    _, said = incay(folder, "run", "idle.yaml", "--cpus", "2", module="benchmarks.driver.idle")
    found = re.search(r"driver CPU seconds: ([\d.]+)", said)
    assert found is not None
    return float(found[1])


def seconds_to_first_step(folder: Path) -> float:
    """Return the time from the command to the report of a first training step."""
    (folder / "idle.yaml").write_text(STUDY.format(steps=2000, reports=2000, trials=1))
    started = time.time()
    command = [sys.executable, "-m", "incay", "run", "idle.yaml"]
    with (folder / "log").open("wb") as log:
        driver = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        while not (found := list(folder.glob("results/trials/*/*/progress.json"))):
            if driver.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
            time.sleep(0.01)
        # Later reports replace the file: some steps more than the first, of 3 ms each.
        return found[0].stat().st_mtime_ns / 1e9 - started
    finally:
        driver.terminate()
        driver.wait()


def whole_run(folder: Path) -> float:
    """Return how long `incay run` takes for two trials of twenty steps, MLflow included."""
    (folder / "two.yaml").write_text(TWO)
    return incay(folder, "run", "two.yaml", module="incay")[0]


def median_seconds(folder: Path, arguments: Sequence[str], turns: int) -> float:
    """Return how long a command of incay takes."""
    return statistics.median(incay(folder, *arguments)[0] for _ in range(turns))


def main() -> None:
    """Measure and print one line per overhead."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args()
    print(
        "# "
        + ", ".join(f"{name} {version(name)}" for name in ("ray", "optuna", "mlflow"))
        + f", Python {platform.python_version()}, {os.cpu_count()} CPUs ({platform.machine()})"
    )

    def show(what: str, value: float, goal: float, unit: str = "s") -> None:
        print(f"{what:<42} {value:8.3f} {unit:<3} goal {goal:g}", flush=True)

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        show("a trial that does nothing", seconds_per_trial(folder, chosen.trials), 0.08)
        show("incay table", median_seconds(folder, ["table", "idle.yaml"], chosen.turns), 0.6)
        show("incay --help", median_seconds(folder, ["--help"], chosen.turns), 0.2)
    taken = []
    for reports in (1, 1 + chosen.reports):
        with tempfile.TemporaryDirectory() as place:
            taken.append(driver_seconds(Path(place), 50, reports))
    per_report = (taken[1] - taken[0]) / (51 * chosen.reports)
    show("a report, on the driver", 1000.0 * per_report, 1.5, "ms")
    firsts = []
    for _ in range(chosen.turns):
        with tempfile.TemporaryDirectory() as place:
            firsts.append(seconds_to_first_step(Path(place)))
    show("incay run to the first training step", statistics.median(firsts), 8.0)
    wholes = []
    for _ in range(chosen.turns):
        with tempfile.TemporaryDirectory() as place:
            wholes.append(whole_run(Path(place)))
            if len(wholes) < chosen.turns:
                continue
            again = ["run", "two.yaml", "--no-mirror"]
            for what, arguments, goal in (
                ("incay run again, nothing to do", again, 2.0),
                ("incay plan --no-probe", ["plan", "two.yaml", "--no-probe"], 1.0),
                ("incay status", ["status", "two"], 0.5),
                ("incay methods", ["methods"], 0.5),
            ):
                show(what, median_seconds(Path(place), arguments, chosen.turns), goal)
    show("incay run, two trials of 20 steps, in all", statistics.median(wholes), 12.0)


if __name__ == "__main__":
    main()
