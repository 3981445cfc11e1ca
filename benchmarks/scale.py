"""A study of many trials: what a trial costs as their number grows, and what the commands take.

Run as ``python -m benchmarks.scale --trials 10000`` (20 minutes). The trials train nothing
(`benchmarks.idle`), so that the driver, the store and the sampler are what is measured. Seconds
per trial and the driver's memory are given for each tenth of the study; then come the times of the
commands over the finished study: plan, run again (which finds everything done), status, table and
MLflow's copy.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.overheads import environment, finish_times, incay

ARMS = 20
_SECONDS_BETWEEN_LOOKS = 1.0
STUDY = """\
name: scale
base: {dataset: digits, network: {name: mnist-2d, width: 0.2}, steps: 40, reports: 1}
arms:
"""


def study(trials: int, sampler: str) -> str:
    """Return a study of twenty arms with so many search trials in all."""
    arms = [
        f"  gate {arm}: {{incay: {{form: reciprocal, weight: 0.1, start_step: {arm}}}}}\n"
        for arm in range(ARMS)
    ]
    search = "search:\n  all arms: {incay.weight: log 1e-3 .. 1e3}\n"
    budget = f"budget: {{trials: {trials // ARMS}, sampler: {sampler}}}\n"
    return STUDY + "".join(arms) + search + budget + "confirm: {seeds: 1}\n"


def run_watched(folder: Path, *arguments: str) -> tuple[float, list[tuple[int, float]]]:
    """Run a study of idle trials; return its seconds, and the driver's memory as trials ended.

    The memory is the driver's own (unique to it), in MB, with the number of trials that had ended.
    """
    started = time.perf_counter()
    grown = []
    with (folder / "said.log").open("wb") as said:
        driver = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.idle", *arguments],
            cwd=folder,
            env=environment(),
            stdout=said,
            stderr=said,
        )
        process = psutil.Process(driver.pid)
        while driver.poll() is None:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            ended = len(finish_times(folder))
            try:
                grown.append((ended, process.memory_full_info().uss / 1e6))
            except psutil.Error:  # it is ending
                break
    assert driver.wait() == 0, (folder / "said.log").read_text()
    return time.perf_counter() - started, grown


def memory_at(grown: list[tuple[int, float]], trials: int) -> float:
    """Return the driver's memory when so many trials had ended, in MB."""
    return min(grown, key=lambda each: abs(each[0] - trials))[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--sampler", default="tpe")
    parser.add_argument("--sync", action="store_true", help="time MLflow's copy as well")
    chosen = parser.parse_args()
    print(
        f"# {chosen.trials} trials in {ARMS} arms, sampler {chosen.sampler}; "
        + ", ".join(f"{name} {version(name)}" for name in ("ray", "optuna", "mlflow"))
        + f", Python {platform.python_version()}, {os.cpu_count()} CPUs ({platform.machine()})"
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "scale.yaml").write_text(study(chosen.trials, chosen.sampler))
        run = ("run", "scale.yaml", "--no-mirror", "--cpus", "2")
        whole, grown = run_watched(folder, *run)
        times = finish_times(folder)[: chosen.trials]
        tenth = len(times) // 10
        for start in range(0, tenth * 10, tenth):
            piece = times[start : start + tenth]
            print(
                f"trials {start:>6} to {start + tenth:>6}: "
                f"{1000.0 * (piece[-1] - piece[0]) / (tenth - 1):6.1f} ms each, "
                f"{memory_at(grown, start + tenth):6.1f} MB at the end",
                flush=True,
            )
        print(f"the whole run: {whole:.0f} s", flush=True)
        commands: dict[str, tuple[str, ...]] = {
            "plan": ("plan", "scale.yaml", "--no-probe"),
            "run again": run,
            "status": ("status", "scale.yaml"),
            "table": ("table", "scale.yaml"),
        }
        if chosen.sync:
            commands["sync"] = ("sync", "scale.yaml")
        for name, command in commands.items():
            turns = 1 if name == "sync" else 3
            taken = [incay(folder, *command)[0] for _ in range(turns)]
            print(f"{name:>10}: {statistics.median(taken):6.2f} s", flush=True)


if __name__ == "__main__":
    main()
