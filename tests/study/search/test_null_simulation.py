"""Nothing to find: the best of a search looks good all the same, its confirmation does not."""

from __future__ import annotations

import math
import random
import statistics

from simulated import no_history, spec
from simulated_records import simulated_record

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork

STUDIES, TRIALS = 120, 16
EXPECTED_BEST = -1.766
"""Mean of the least of 16 standard normal values (order statistics)."""


def noise(trial: PlannedTrial) -> float:
    """A standard normal value that depends on the trial's fingerprint alone."""
    return random.Random(trial.fingerprint).gauss(0.0, 1.0)


def simulated(seed: int) -> tuple[list[float], list[float]]:
    """Return the best search value and the confirmed mean of each arm of one study."""
    study = spec(
        seed=seed,
        budget={"trials": TRIALS, "sampler": "random", "parallel": 1},
        confirm={"seeds": 4},
    )
    planner = Planner(study, DataCatalog(None))
    work = SearchWork(study, planner, lambda _: None, no_history)
    while isinstance(trial := work.next(), PlannedTrial):
        work.end(trial, simulated_record(trial.fingerprint, {"val.error": noise(trial)}))
    winners = {}
    best = []
    for search in work.searches:
        winner = search.winner()
        assert winner is not None
        winners[search.arm.name] = winner.params
        best.append(noise(winner))
    confirmed: dict[str, list[float]] = {name: [] for name in winners}
    for confirm in planner.confirm_trials(winners):
        assert isinstance(confirm, PlannedTrial)
        confirmed[confirm.arm].append(noise(confirm))
    return best, [statistics.fmean(values) for values in confirmed.values()]


def test_the_best_of_a_search_is_optimistic_and_its_confirmation_is_not() -> None:
    results = [simulated(seed) for seed in range(STUDIES)]
    best = [value for bests, _ in results for value in bests]
    confirmed = [value for _, means in results for value in means]
    gap = statistics.fmean(best)
    assert abs(gap - EXPECTED_BEST) < 4 * statistics.stdev(best) / math.sqrt(len(best))
    error = statistics.stdev(confirmed) / math.sqrt(len(confirmed))
    assert abs(statistics.fmean(confirmed)) < 3 * error
    differences = [second - first for _, (first, second) in results]
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    assert abs(statistics.fmean(differences)) < 3 * error
