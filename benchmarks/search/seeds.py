"""What several seeds gain a search at equal cost: tuned-rn in small, drawn again and again.

Run as ``python -m benchmarks.search.seeds --data-root DIR`` (minutes). Each arm's random search
trains every point with eight seeds. Searches of fewer trainings are then drawn from these results,
thousands of times: points and seeds at random, with one seed, with three, with three and a race.
What a search has found is worth the mean of its winner over the seeds that it did not use.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from incay.analysis import load
from incay.analysis.results.points import search_points
from incay.analysis.results.study import StudyResults
from incay.study.search.outcomes import Outcome
from incay.study.search.race import RaceJudge
from incay.trainables.store.endings import Ending

STUDY = """\
name: search-seeds
question: Does a search find better settings with one seed or with three, at equal cost?
base:
  dataset: mnist
  network: {{name: mnist-2d, width: 0.1}}
  optimizer: {{lr: 0.05}}
  steps: {steps}
  reports: {reports}
  precision: fp32
arms:
  Softmax: {{}}
  RN + Softmax: {{incay: {{form: reciprocal, weight: 0.1, gate: correct}}}}
search:
  all arms: {{optimizer.weight_decay: log 1e-5 .. 1e-2}}
  RN + Softmax: {{incay.weight: log 1e-3 .. 1e6}}
budget: {{trials: {points}, seeds: {seeds}, sampler: random, parallel: {points}}}
confirm: {{seeds: 1}}
resources: {{stack: 8}}
"""
_Floats = npt.NDArray[np.float64]


def run_study(arguments: argparse.Namespace, folder: Path, reports: int = 1) -> StudyResults:
    """Run the study and return its results: each of some points trained with each of some seeds."""
    text = STUDY.format(
        steps=arguments.steps, points=arguments.points, seeds=arguments.seeds, reports=reports
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(text)
    command = [sys.executable, "-m", "incay.study.cli", "run", str(folder / "study.yaml")]
    command += ["--data-root", str(Path(arguments.data_root).resolve()), "--no-mirror"]
    command += ["--results", str(folder / "results")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return load(folder / "results", "search-seeds")


def trained(arguments: argparse.Namespace, folder: Path) -> dict[str, _Floats]:
    """Run the study and return validation errors in percent by arm: (points, seeds)."""
    results = run_study(arguments, folder)
    errors = {}
    for arm in results.arms:
        found = [point.values("val.error") for point in search_points(results, arm)]
        errors[arm.name] = np.array([values for values in found if values])
    return errors


def searched(
    errors: _Floats, budget: int, seeds: int, race: bool, draw: np.random.Generator
) -> tuple[float, float, int]:
    """Return what the winner of one search is worth, what it scored, and the number of points.

    Args:
        errors: (points, seeds) that a search may draw from.
        budget: Trainings of the search.
        seeds: With how many each point is trained.
        race: Whether hopeless points are spared the rest.
        draw: Draws points and seeds.
    """
    order = draw.permutation(len(errors))
    used, *fresh = np.split(draw.permutation(errors.shape[1]), [seeds])
    seen: dict[int, Outcome] = {}
    tried = 0
    for number in order:
        room = min(seeds, budget)
        if not room:
            break
        tried += 1
        values = [(float(each),) for each in errors[number, used]]
        count = room
        if race:
            judge = RaceJudge("paired", seeds=seeds, directions=("min",), seen=seen)
            looks = (look for look in range(1, room) if judge.spares(values[:look]))
            count = next(looks, room)
        budget -= count
        if count == seeds:
            mean = sum(each[0] for each in values) / seeds
            seen[int(number)] = Outcome({}, Ending.COMPLETED, (mean,), by_seed=tuple(values))
    scores = {each: outcome.values[0] for each, outcome in seen.items() if outcome.values}
    best = min(scores, key=lambda each: scores[each])
    return float(errors[best, fresh[0]].mean()), scores[best], tried


def main() -> None:
    """Print what winners are worth, by arm and kind of search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--points", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--budget", type=int, default=24)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="keep the study's results there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = trained(arguments, arguments.folder or Path(temporary) / "study")
    for arm, errors in found.items():
        best = errors[np.argsort(errors.mean(axis=1))[: len(errors) // 2]]
        residuals = best - best.mean(axis=1, keepdims=True) - best.mean(axis=0) + best.mean()
        freedom = (best.shape[0] - 1) * (best.shape[1] - 1)
        print(
            f"{arm}: {len(errors)} points; of the better half the means spread by "
            f"{best.mean(axis=1).std(ddof=1):.3f} points, one seed by "
            f"{np.sqrt((residuals**2).sum() / freedom):.3f}"
        )
        for seeds, race in ((1, False), (3, False), (3, True)):
            draw = np.random.default_rng(0)
            drawn = [
                searched(errors, arguments.budget, seeds, race, draw)
                for _ in range(arguments.draws)
            ]
            worth, scores, tried = np.array(drawn).T
            name = f"{seeds} seed{'s' if seeds > 1 else ''}{', race' if race else ''}"
            error = worth.std(ddof=1) / len(worth) ** 0.5
            print(
                f"  {name}: {tried.mean():.1f} points in {arguments.budget} trainings; winner's "
                f"error on other seeds {worth.mean():.3f} % ± {error:.3f}, SD between searches "
                f"{worth.std(ddof=1):.3f}; its score flatters by {(worth - scores).mean():.3f}",
                flush=True,
            )
    print(
        f"{arguments.steps} steps; torch {version('torch')}, optuna {version('optuna')}, Python "
        f"{platform.python_version()}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
