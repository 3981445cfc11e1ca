"""A search end to end: `incay run` beside the same study glued together, and beside the ceiling.

Run as ``python -m benchmarks.glue --data-root DIR`` (minutes). 32 trials of MNIST-2D with
reciprocal incay, 300 steps each, λ and μ searched by TPE, three reports with validation on 6,000
held-out images, logged to MLflow in SQLite, on two CPUs; the winner is trained once more and
tested. `benchmarks.glue.plain` is the yardstick, as the parts' documentation shows it, and without
Optuna and MLflow plain Tune; `benchmarks.glue.expert` is what somebody writes who knows them well,
and `benchmarks.glue.ceiling` the training steps alone. Each is timed from the command to its end,
in turn.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

_TUNE = "plain Tune"
STUDY = """\
name: glue
base:
  dataset: mnist
  network: mnist-2d
  optimizer: {{lr: 0.01}}
  steps: {steps}
  reports: 3
  precision: {precision}
arms:
  RN + Softmax: {{incay: {{form: reciprocal, weight: 0.1, gate: correct}}}}
search:
  RN + Softmax: {{incay.weight: log 1e-3 .. 1, optimizer.weight_decay: log 1e-5 .. 1e-2}}
budget: {{trials: {trials}}}
confirm: {{seeds: 1}}
"""


def seconds(command: Sequence[str], folder: Path, data_root: Path) -> float:
    """Run a command in a folder and return how long it took."""
    environment = {**os.environ, "INCAY_DATA": str(data_root), "RAY_USAGE_STATS_ENABLED": "0"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    environment.pop("MLFLOW_TRACKING_URI", None)
    started = time.perf_counter()
    log = folder / "log"
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text(errors='replace')[-2000:]}")
    return time.perf_counter() - started


def torchvision_mnist(data_root: Path, folder: Path) -> Path:
    """Return a folder that torchvision reads MNIST from, unpacked where need be."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (data_root / "mnist" / "raw").iterdir():
        if path.suffix == ".gz":
            with gzip.open(path) as packed, (raw / path.stem).open("wb") as plain:
                shutil.copyfileobj(packed, plain)
        elif path.is_file():
            shutil.copy(path, raw)
    return folder


def main() -> None:
    """Time all, in turn, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-root", type=Path, default=os.environ.get("INCAY_DATA"))
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="of the DataLoader")
    parser.add_argument("--precision", nargs="+", default=["auto", "fp32"], help="of incay run")
    chosen = parser.parse_args()
    if not chosen.data_root:
        parser.error("--data-root, or INCAY_DATA, must name the folder that holds mnist/raw")
    root = Path(chosen.data_root).resolve()
    names = [f"glue, {workers} loader workers" for workers in chosen.workers]
    ours = [f"incay run, {each}" for each in chosen.precision]
    names += [_TUNE, "expert's glue", *ours, "ceiling"]
    taken: dict[str, list[float]] = {name: [] for name in names}
    print(
        f"# {chosen.trials} trials of {chosen.steps} steps; "
        + ", ".join(f"{name} {version(name)}" for name in ("torch", "ray", "optuna", "mlflow"))
        + f", Python {platform.python_version()}, {os.cpu_count()} CPUs ({platform.machine()})"
    )
    for turn in range(chosen.turns):
        for name in names:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                command = command_of(name, folder, root, chosen)
                taken[name].append(seconds(command, folder, root))
            print(f"turn {turn + 1}: {name}: {taken[name][-1]:.1f} s", flush=True)
    glue, expert = taken[names[0]], taken["expert's glue"]
    print(f"{'':>24} {'s':>8} {'× glue':>8} {'× expert':>9}   medians, and of the turns' ratios")
    for name in names:
        against = [
            statistics.median(other / own for other, own in zip(others, taken[name], strict=True))
            for others in (glue, expert)
        ]
        median = statistics.median(taken[name])
        print(f"{name:>24} {median:8.1f} {against[0]:8.2f} {against[1]:9.2f}")


def command_of(
    name: str, folder: Path, data_root: Path, chosen: argparse.Namespace
) -> Sequence[str]:
    """Return the command of one of the ways, with all that it needs in its folder."""
    size = ["--trials", str(chosen.trials), "--steps", str(chosen.steps)]
    python = [sys.executable, "-m"]
    if name == "ceiling":
        return [*python, "benchmarks.glue.ceiling", str(data_root), *size]
    kind = "1" if name == _TUNE else name.rpartition(", ")[2].split()[0]
    if name.startswith("incay run"):
        study = STUDY.format(steps=chosen.steps, trials=chosen.trials, precision=kind)
        (folder / "glue.yaml").write_text(study)
        return [*python, "incay", "run", "glue.yaml", "--cpus", "2"]
    mnist = str(torchvision_mnist(data_root, folder / "data"))
    if name == "expert's glue":
        return [*python, "benchmarks.glue.expert", mnist, "results", *size]
    bare = ["--bare"] if name == _TUNE else []
    return [*python, "benchmarks.glue.plain", mnist, "results", *size, "--workers", kind, *bare]


if __name__ == "__main__":
    main()
