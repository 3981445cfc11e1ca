"""Steps to a winner as good: halving, races over seeds, and both, against the whole search.

Run as ``python -m benchmarks.search.racing --data-root DIR`` (minutes). Each arm's random search
trains every point with eight seeds, stacked. Searches over three of the seeds are then drawn from
these results, hundreds of times, points and seeds at random, and end what the platform's own rules
end: a pruner the first seed of a hopeless point, a race the seeds that are left of it. What a
search has found is worth the mean of its winner over the seeds that it did not use.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import optuna

from benchmarks.search.seeds import run_study
from incay.analysis.results.points import search_points
from incay.study.search.outcomes import Outcome
from incay.study.search.pruner import PruneJudge
from incay.study.search.race import RaceJudge
from incay.trainables.store.endings import Ending

REPORTS = 9
SEEDS = 3
_Floats = npt.NDArray[np.float64]


class Rules(NamedTuple):
    """How a search ends what is hopeless."""

    name: str
    seeds: int
    pruner: str = "none"
    race: str = "none"


KINDS = (
    Rules("one seed, whole", 1),
    Rules("one seed, halving", 1, pruner="asha"),
    Rules("three seeds, whole", SEEDS),
    Rules("three seeds, race", SEEDS, race="paired"),
    Rules("three seeds, race and halving", SEEDS, pruner="asha", race="paired"),
)


class Found(NamedTuple):
    """What a search found, and what for."""

    error: float
    """Of its winner in percent, in the mean over seeds that it did not use."""
    share: float
    """Of the steps that all points with all of its seeds take."""


def courses(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, _Floats]]:
    """Yield each arm's validation errors in percent, (points, seeds, reports), of whole points."""
    results = run_study(arguments, folder, REPORTS)
    for arm in results.arms:
        whole = [each for each in search_points(results, arm) if each.values("val.error")]
        read = [[results.read(trial, "history") for trial in each.trials] for each in whole]
        found = [[table["val.error"].to_numpy() for table in each if table] for each in read]
        yield arm.name, np.array(found)


def search(errors: _Floats, points: int, rules: Rules, draw: np.random.Generator) -> Found:
    """Draw a search and return what it found.

    Args:
        errors: (points, seeds, reports) that it may draw from.
        points: How many points it tries.
        rules: What it ends.
        draw: Draws points and seeds.
    """
    seeds = draw.permutation(errors.shape[1])
    used, fresh = seeds[: rules.seeds], seeds[rules.seeds :]
    chosen = errors[draw.permutation(len(errors))[:points]]  # fewer, where others diverged
    seen: dict[int, Outcome] = {}
    reports = 0
    for number, course in enumerate(chosen[:, used]):
        first = course[0].tolist()
        judge = None
        if rules.pruner != "none":
            judge = PruneJudge(
                rules.pruner, direction="min", number=number, seen=dict(seen), reports=REPORTS
            )
        if judge is not None and judge.hear(first):
            reports += len(judge.intermediate)
            seen[number] = Outcome({}, Ending.PRUNED, None, judge.intermediate, judge.marks)
            continue
        values = [(float(each),) for each in course[:, -1]]
        count = rules.seeds
        if rules.race != "none":
            race = RaceJudge(rules.race, seeds=rules.seeds, directions=("min",), seen=seen)
            count = next((n for n in range(1, count) if race.spares(values[:n])), count)
        reports += REPORTS * count
        is_whole = count == rules.seeds
        seen[number] = Outcome(
            {},
            Ending.COMPLETED,
            (sum(each[0] for each in values[:count]) / count,),
            judge.intermediate if judge is not None else {},
            judge.marks if judge is not None else {},
            by_seed=tuple(values[:count]),
            is_partial=not is_whole,
        )
    whole = {
        number: each.values[0]
        for number, each in seen.items()
        if each.values is not None and not each.is_partial
    }
    best = min(whole, key=lambda each: whole[each])
    return Found(
        float(chosen[best, fresh, -1].mean()), reports / (REPORTS * len(chosen) * rules.seeds)
    )


def main() -> None:
    """Print what each kind of search takes and finds, by arm, beside the whole search of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", required=True)
    parser.add_argument("--steps", type=int, default=270)
    parser.add_argument("--points", type=int, default=48)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--tried", type=int, default=24, help="points of each search that is drawn")
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="keep the study's results there")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as temporary:
        found = dict(courses(arguments, arguments.folder or Path(temporary) / "study"))
    for arm, errors in found.items():
        print(f"{arm}: {len(errors)} points with {errors.shape[1]} seeds each")
        for rules in KINDS:
            draw = np.random.default_rng(0)
            drawn = np.array(
                [search(errors, arguments.tried, rules, draw) for _ in range(arguments.draws)]
            )
            error, share = drawn.mean(axis=0)
            spread = 1.96 * drawn.std(axis=0, ddof=1) / len(drawn) ** 0.5
            tried = min(arguments.tried, len(errors))  # fewer, where others diverged
            steps = share * tried * rules.seeds * arguments.steps
            print(
                f"  {rules.name}: {steps:,.0f} steps, {100 * share:.1f} ± {100 * spread[1]:.1f} % "
                f"of the whole; winner's error on other seeds {error:.3f} ± {spread[0]:.3f} %",
                flush=True,
            )
    print(
        f"{arguments.steps} steps a training; torch {version('torch')}, "
        f"optuna {version('optuna')}, Python {platform.python_version()}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
