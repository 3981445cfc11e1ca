"""A study of many trials: what a trial costs as their number grows, and what the commands take.

Run as ``python -m benchmarks.scale --trials 10000`` (20 minutes). The trials train nothing
(`benchmarks.idle`), so that the driver, the store and the sampler are what is measured. Seconds
per trial are given for each tenth of the study; then come the times of the commands over the
finished study: plan, run again (which finds everything done), status, table and MLflow's copy.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.overheads import finish_times, incay

ARMS = 20
STUDY = """\
name: scale
base: {dataset: digits, network: {name: mnist-2d, width: 0.2}, steps: 1, reports: 1}
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
        whole, _ = incay(folder, *run, module="benchmarks.idle")
        times = finish_times(folder)[: chosen.trials]
        tenth = len(times) // 10
        for start in range(0, tenth * 10, tenth):
            piece = times[start : start + tenth]
            print(
                f"trials {start:>6} to {start + tenth:>6}: "
                f"{1000.0 * (piece[-1] - piece[0]) / (tenth - 1):6.1f} ms each",
                flush=True,
            )
        print(f"the whole run: {whole:.0f} s", flush=True)
        commands = {
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
