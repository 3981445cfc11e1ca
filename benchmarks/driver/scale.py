"""A study of many trials: what a trial costs as their number grows, and what the commands take.

Run as ``python -m benchmarks.driver.scale --trials 10000`` (10 minutes). The trials train nothing
(`benchmarks.driver.idle`), so that the driver, the store and the sampler are what is measured. For
each tenth of the study stand milliseconds a trial, those of the driver's processor, and the
driver's memory at its end. With ``--plain`` as many trials of plain Ray Tune follow
(`benchmarks.driver.plain_tune`), and the ratio. Then come the times of the commands over the
finished study: plan, run again (which finds everything done), status, table and MLflow's copy.
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
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.driver import ended
from benchmarks.driver.overheads import environment, incay

_SECONDS_BETWEEN_LOOKS = 0.25
_TENTHS = 10
STUDY = """\
name: scale
base: {dataset: digits, network: {name: mnist-2d, width: 0.2}, steps: 40, reports: 1}
arms:
"""


@dataclass(frozen=True)
class Look:
    """What a driver had come to at some moment.

    Attributes:
        ended: Trials that had ended.
        when: Seconds since it was started.
        cpu: Seconds of the processor that it had used itself.
        memory: What is its own, in MB.
    """

    ended: int
    when: float
    cpu: float
    memory: float


def study(trials: int, sampler: str, arms: int = 20) -> str:
    """Return a study of some arms with so many search trials in all."""
    named = [
        f"  gate {arm}: {{incay: {{form: reciprocal, weight: 0.1, start_step: {arm}}}}}\n"
        for arm in range(arms)
    ]
    search = "search:\n  all arms: {incay.weight: log 1e-3 .. 1e3}\n"
    budget = f"budget: {{trials: {trials // arms}, sampler: {sampler}}}\n"
    return STUDY + "".join(named) + search + budget + "confirm: {seeds: 1}\n"


def watched(folder: Path, module: str, *arguments: str) -> list[Look]:
    """Run a driver of idle trials to its end, and look at it now and then.

    Args:
        folder: Where it runs.
        module: What is run; must note there (`benchmarks.driver.ended`) that a trial has ended.
        arguments: Its arguments.
    """
    started = time.perf_counter()
    looks = [Look(0, 0.0, 0.0, 0.0)]
    said, counted = folder / f"{module}.log", folder / ended.NAME
    counted.write_bytes(b"")
    with said.open("wb") as log:
        driver = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=environment(),
            stdout=log,
            stderr=log,
        )
        process = psutil.Process(driver.pid)
        while driver.poll() is None:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            number, when = counted.stat().st_size, time.perf_counter() - started
            try:
                times, memory = process.cpu_times(), process.memory_full_info().uss
            except psutil.Error:  # it is ending
                break
            looks.append(Look(number, when, times.user + times.system, memory / 1e6))
    assert driver.wait() == 0, said.read_text()
    return looks


def tenths(looks: Sequence[Look], trials: int) -> list[tuple[Look, Look]]:
    """Return the looks at the beginning and the end of each tenth of the trials."""
    begun = [look for look in looks if look.ended]
    at = [
        min(begun, key=lambda look: abs(look.ended - trials * tenth / _TENTHS))
        for tenth in range(_TENTHS + 1)
    ]
    return list(pairwise(at))


def cost(first: Look, last: Look) -> tuple[float, float]:
    """Return milliseconds a trial between two looks, and those of the driver's processor."""
    number = max(1, last.ended - first.ended)
    return 1e3 * (last.when - first.when) / number, 1e3 * (last.cpu - first.cpu) / number


def show(name: str, trials: int, looks: Sequence[Look]) -> None:
    """Print what each tenth cost, and the last against the first."""
    found = tenths(looks, trials)
    for tenth, (first, last) in enumerate(found):
        wall, cpu = cost(first, last)
        start, end = (trials * each // _TENTHS for each in (tenth, tenth + 1))
        print(
            f"{name}, trials {start:>6} to {end:>6}: {wall:6.1f} ms each, {cpu:5.1f} of them the "
            f"driver's CPU, {last.memory:6.1f} MB at the end"
        )
    grown = found[-1][1].memory - found[0][1].memory
    flat = [last / first for first, last in zip(cost(*found[0]), cost(*found[-1]), strict=True)]
    print(
        f"{name}: the last tenth / the first {flat[0]:.2f}, in CPU {flat[1]:.2f}; memory grows by "
        f"{1e3 * grown / (trials * (_TENTHS - 1) / _TENTHS):.1f} kB a trial; "
        f"in all {looks[-1].when:.0f} s",
        flush=True,
    )


def compare(trials: int, ours: Sequence[Look], plain: Sequence[Look]) -> None:
    """Print what a trial costs here to what it costs with plain Tune, by tenths."""
    pairs = zip(tenths(ours, trials), tenths(plain, trials), strict=True)
    ratios = [[a / b for a, b in zip(cost(*x), cost(*y), strict=True)] for x, y in pairs]
    print("incay / plain Tune, ms each: " + " ".join(f"{wall:.2f}" for wall, _ in ratios))
    print("incay / plain Tune, CPU:     " + " ".join(f"{cpu:.2f}" for _, cpu in ratios), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--sampler", default="tpe")
    parser.add_argument("--arms", type=int, default=20)
    parser.add_argument("--plain", action="store_true", help="set plain Tune beside it")
    parser.add_argument("--sync", action="store_true", help="time MLflow's copy as well")
    parser.add_argument("--no-commands", action="store_true", help="leave the commands out")
    chosen = parser.parse_args()
    print(
        f"# {chosen.trials} trials in {chosen.arms} arms, sampler {chosen.sampler}; "
        + ", ".join(f"{name} {version(name)}" for name in ("ray", "optuna", "mlflow"))
        + f", Python {platform.python_version()}, {os.cpu_count()} CPUs ({platform.machine()})",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "scale.yaml").write_text(study(chosen.trials, chosen.sampler, chosen.arms))
        run = ("run", "scale.yaml", "--no-mirror", "--cpus", "2")
        ours = watched(folder, "benchmarks.driver.idle", *run)
        show("incay", chosen.trials, ours)
        if chosen.plain:
            plain = watched(folder, "benchmarks.driver.plain_tune", str(chosen.trials), "2")
            show("plain Tune", chosen.trials, plain)
            compare(chosen.trials, ours, plain)
        commands: dict[str, tuple[str, ...]] = {
            "plan": ("plan", "scale.yaml", "--no-probe"),
            "run again": run,
            "status": ("status", "scale.yaml"),
            "table": ("table", "scale.yaml"),
        }
        if chosen.no_commands:
            commands = {}
        if chosen.sync:
            commands["sync"] = ("sync", "scale.yaml")
        for name, command in commands.items():
            turns = 1 if name == "sync" else 3
            taken = [incay(folder, *command)[0] for _ in range(turns)]
            print(f"{name:>10}: {statistics.median(taken):6.2f} s", flush=True)


if __name__ == "__main__":
    main()
