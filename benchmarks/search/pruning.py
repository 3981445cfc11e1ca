"""Steps that pruning saves: ASHA over a grid of λ against the whole grid.

Run as ``python -m benchmarks.search.pruning --data-root DIR`` (minutes). Both searches choose λ of
reciprocal incay for MNIST-2D among the same values, by the error on held-out training images;
each winner is then confirmed on fresh seeds. Each search has a store of its own, so that neither
takes results from the other.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

STUDY = """\
name: search-saves
question: Does ASHA find as good a λ as the whole grid?
base:
  dataset: mnist
  network: mnist-2d
  optimizer: {{lr: 0.01}}
  steps: {steps}
  reports: 20
arms:
  RN + Softmax: {{incay: {{form: reciprocal, weight: 0.1}}}}
search:
  RN + Softmax: {{incay.weight: {weights}}}
budget: {{trials: {trials}, sampler: grid, parallel: 1, pruner: {pruner}}}
confirm: {{seeds: {seeds}}}
"""
WEIGHTS = [
    1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0,
]  # fmt: skip


class Search(NamedTuple):
    """What a search used and found."""

    steps: int
    endings: dict[str, int]
    weight: float
    errors: list[float]
    """Test error of the winner in percent, by seed."""


def search(pruner: str, arguments: argparse.Namespace, folder: Path) -> Search:
    """Run the study with a pruner and return what came of it."""
    folder.mkdir()
    text = STUDY.format(
        steps=arguments.steps,
        weights=WEIGHTS,
        trials=len(WEIGHTS),
        pruner=pruner,
        seeds=arguments.seeds,
    )
    (folder / "study.yaml").write_text(text)
    command = [
        sys.executable,
        "-m",
        "incay.study.cli",
        "run",
        str(folder / "study.yaml"),
        "--no-mirror",
    ]
    command += ["--data-root", str(Path(arguments.data_root).resolve())]
    command += ["--results", str(folder / "results")]
    if arguments.cpus:
        command += ["--cpus", str(arguments.cpus)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (books,) = folder.glob("results/studies/search-saves/*/trials.json")
    rows = json.loads(books.read_text())["trials"]
    searched = [_record(folder, row) for row in rows if row["phase"] == "search"]
    confirmed = [_record(folder, row) for row in rows if row["phase"] == "confirm"]
    statuses = [record["status"] for record in searched]
    return Search(
        sum(record["step"] for record in searched),
        {status: statuses.count(status) for status in sorted(set(statuses))},
        confirmed[0]["config"]["incay"]["weight"],
        [record["metrics"]["test.error"] for record in confirmed],
    )


def _record(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    name = row["fingerprint"]
    path = folder / "results" / "trials" / name[:2] / name / "record.json"
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def main() -> None:
    """Print one line per search, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cpus", type=int)
    arguments = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, pruner in (("grid", "none"), ("asha", "asha")):
            result = found[name] = search(pruner, arguments, Path(folder) / name)
            print(
                f"{name}: {result.steps:,} search steps, {result.endings}, winner λ = "
                f"{result.weight:g}, test error {statistics.fmean(result.errors):.2f} % "
                f"(sd {statistics.stdev(result.errors):.2f}, {len(result.errors)} seeds)",
                flush=True,
            )
    difference = statistics.fmean(found["asha"].errors) - statistics.fmean(found["grid"].errors)
    print(
        f"asha / grid: {found['asha'].steps / found['grid'].steps:.0%} of the steps, test error "
        f"{difference:+.2f} points; {len(WEIGHTS)} values of λ, {arguments.steps} steps each; "
        f"torch {version('torch')}, optuna {version('optuna')}, Python "
        f"{platform.python_version()}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
