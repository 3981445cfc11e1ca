"""Searches over several seeds: means count, races spare, and everything stays a pure function."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import objective, simulate, spec

from incay.study.errors import StudyError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork
from incay.study.search.outcomes import Outcome
from incay.study.search.race import RaceJudge
from incay.study.spec.study import StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.reading.written import trial_rows
from incay.trainables.store.records import TrialRecord

DECAY = "optimizer.weight_decay"
Trained = dict[tuple[str, int, int], tuple[str, dict[str, Any]]]


def seeded(**budget: Any) -> StudySpec:
    given = {"trials": 12, "seeds": 3, "parallel": 3, "sampler": "tpe", **budget}
    if "trainings" in budget:
        del given["trials"]
    return spec(budget=given)


def noisy(trial: PlannedTrial) -> float:
    """The smooth objective, what the seed does to every point, and what it does to this one."""
    seed = trial.config.seed
    shared = random.Random(f"{seed}").gauss(0.0, 0.5)
    own = random.Random(f"{seed}/{sorted(trial.params.items())}").gauss(0.0, 0.02)
    return 10.0 + objective(trial) + shared + own


def trained(work: SearchWork) -> Trained:
    return {
        (trial.arm, trial.number, trial.replicate): (trial.fingerprint, dict(trial.params))
        for trial in work.planned
    }


def run(study: StudySpec, seed: int | None = None, places: int = 3, **options: Any) -> SearchWork:
    draw = random.Random(seed)
    pick = (lambda running: running[0]) if seed is None else draw.choice
    return simulate(study, pick, places, measured=noisy, **options)[0]


def test_one_seed_is_the_search_of_before() -> None:
    study = spec(budget={"trials": 3, "sampler": "random", "parallel": 3})
    work = simulate(study, lambda running: running[0])[0]
    softmax = [trial for trial in work.planned if trial.arm == "Softmax"]
    points = [5e-4, 0.00017983800512067242, 1.018139958975333e-05]  # as version 0.1.0 has them
    assert [trial.params[DECAY] for trial in softmax] == pytest.approx(points, rel=1e-12)
    assert {trial.config.seed for trial in softmax} == {6821768684063367236}
    assert {trial.config.split.seed for trial in softmax} == {6812300375708456965}
    assert {trial.replicate for trial in softmax} == {0}
    said = spec(
        budget={"trials": 3, "sampler": "random", "parallel": 3, "seeds": 1, "race": "none"}
    )
    assert trained(simulate(said, lambda running: running[0])[0]) == trained(work)


def test_points_share_their_seeds_and_the_first_is_that_of_a_single_one() -> None:
    single = simulate(seeded(seeds=1, sampler="random"), lambda running: running[0])[0]
    several = run(seeded(sampler="random"))
    assert Counter(key[:2] for key in trained(several)) == dict.fromkeys(
        [key[:2] for key in trained(single)], 3
    )
    for key, what in trained(single).items():
        assert trained(several)[key] == what
    by_seed: dict[int, set[int]] = {}
    for trial in several.planned:
        by_seed.setdefault(trial.replicate, set()).add(trial.config.seed)
        first = next(each for each in several.planned if each.key == (*trial.key[:4], 0))
        assert replace(trial.config, seed=0) == replace(first.config, seed=0)
    assert [len(seeds) for seeds in by_seed.values()] == [1, 1, 1]
    confirm = {each.config.seed for each in Planner(seeded(), DataCatalog(None)).confirm_trials()}
    assert not confirm & set.union(*by_seed.values())


BUDGETS: list[dict[str, Any]] = [
    {},
    {"race": "paired"},
    {"race": "wilcoxon", "seeds": 6},
    {"race": "paired", "trainings": 31},
]


@pytest.fixture(scope="module", params=BUDGETS, ids=lambda each: "-".join(map(str, each.values())))
def reference(request: pytest.FixtureRequest) -> tuple[StudySpec, Trained]:
    study = seeded(**request.param)
    return study, trained(run(study))


@given(seed=st.integers(0, 1000), places=st.integers(1, 7), stop=st.integers(1, 30))
@settings(max_examples=6, deadline=None, derandomize=True)
def test_order_and_interruptions_change_nothing(reference, seed: int, places: int, stop: int):
    study, expected = reference
    stored: dict[str, TrialRecord] = {}
    run(study, seed, places, stored=stored, stop_after=stop)
    assert trained(run(study, seed + 1, places, stored=stored)) == expected
    assert set(stored) == {fingerprint for fingerprint, _ in expected.values()}


def test_the_winner_has_the_best_mean_not_the_luckiest_seed() -> None:
    work = run(seeded())
    for search in work.searches:
        means = {
            number: fmean(noisy(trial) for trial in work.planned if trial.key[:4] == first.key[:4])
            for number, first in search.trials.items()
        }
        winner = search.winner()
        assert winner is not None
        assert winner.number == min(means, key=lambda each: means[each])
        assert search.outcomes[winner.number].values == pytest.approx((means[winner.number],))


def test_a_race_spares_hopeless_points_and_finds_the_same_winners() -> None:
    whole, raced = run(seeded(trials=24)), run(seeded(trials=24, race="paired"))
    assert len(whole.planned) == 2 * 24 * 3
    counts = Counter(trial.arm for trial in raced.planned)
    assert counts["RN"] < 0.8 * 72
    assert counts["Softmax"] <= 72  # whose points differ by less than the noise
    for search in raced.searches:
        winner = search.winner()
        assert winner is not None
        assert sum(trial.key[:4] == winner.key[:4] for trial in raced.planned) == 3
        assert objective(winner) < 0.2


def test_every_arm_gets_the_same_trainings_and_a_race_makes_more_points_of_them() -> None:
    for trainings in (30, 31, 32):
        work = run(seeded(race="paired", trainings=trainings))
        assert Counter(trial.arm for trial in work.planned) == {
            "Softmax": trainings,
            "RN": trainings,
        }
        assert all(search.number > trainings // 3 for search in work.searches)
    assert len(run(seeded(trainings=31)).planned) == 2 * 30


def test_a_point_whose_training_failed_has_no_mean_and_is_no_winner() -> None:
    best = run(seeded()).searches[0].winner()
    assert best is not None

    def diverges(trial: PlannedTrial) -> float:
        spoilt = trial.arm == best.arm and dict(trial.params) == dict(best.params)
        return float("nan") if spoilt and trial.replicate == 1 else noisy(trial)

    for race in ("none", "paired"):
        work = simulate(seeded(race=race), lambda running: running[0], measured=diverges)[0]
        search = work.searches[0]
        number = best.number
        assert search.trials[number].params == best.params
        assert search.outcomes[number].values is None
        assert search.outcomes[number].told is None
        winner = search.winner()
        assert winner is not None
        assert winner.number != number
        count = sum(trial.key[:4] == ("Softmax", "search", 0, number) for trial in work.planned)
        assert count == (3 if race == "none" else 2)


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ({"trials": 5, "trainings": 30}, "in place of budget.trials"),
        ({"trainings": 2, "seeds": 3}, "enough for one point"),
        ({"trainings": 9, "seeds": 3, "race": "paired", "sampler": "grid"}, "a grid"),
        ({"seeds": 3, "pruner": "asha"}, "budget.pruner: must be none"),
        ({"race": "paired"}, "budget.race: must be none where budget.seeds is 1"),
        ({"race": "wilcoxon", "seeds": 3}, "at least 5 budget.seeds"),
        ({"race": "friedman", "seeds": 3}, "must be"),
    ],
)
def test_budgets_that_contradict_themselves_are_refused(budget: dict[str, Any], says: str) -> None:
    with pytest.raises(StudyError, match=says):
        spec(budget=budget)


def test_older_books_list_single_seeds() -> None:
    row = {"arm": "A", "phase": "search", "number": 4, "fingerprint": "0" * 20, "params": {}}
    (read,) = trial_rows({"trials": [row]}, "trials.json")
    assert (read.replicate, read.label) == (0, "4")
    assert replace(read, replicate=2).label == "4.2"


def spared(
    seeds: int, points: int, shift: float, rule: str = "paired", studies: int = 200
) -> float:
    """Return the share of points, worse by `shift` standard deviations, that a race spares."""
    draw = np.random.default_rng(0)
    count = 0
    for _ in range(studies):
        shared = draw.normal(0.0, 3.0, seeds)
        seen = {
            number: Outcome({}, Ending.COMPLETED, by_seed=tuple((float(each),) for each in values))
            for number, values in enumerate(draw.normal(0.0, 1.0, (points, seeds)) + shared)
        }
        judge = RaceJudge(rule, seeds=seeds, directions=("min",), seen=seen)
        values = [(float(each),) for each in draw.normal(shift, 1.0, seeds) + shared]
        count += any(judge.spares(values[:look]) for look in range(1, seeds))
    return count / studies


def test_how_often_a_race_spares_whom() -> None:
    """As docs/study-files.md says."""
    assert spared(3, 20, shift=-1.0) < 0.12
    assert 0.2 < spared(3, 20, shift=0.0) < 0.45  # the best of twenty equal ones is a lucky one
    assert spared(3, 20, shift=2.0) > 0.85
    assert spared(3, 20, shift=5.0) > 0.98
    assert spared(5, 20, shift=5.0, rule="wilcoxon", studies=20) > 0.9
    assert spared(3, 2, shift=5.0) == 0.0  # too few points to take a spread from
