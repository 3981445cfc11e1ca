"""The search: its points are a pure function of the study, whatever finishes first."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import ended, objective, points, simulate, spec

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import FixedWork
from incay.trainables.store.records import TrialRecord


@pytest.fixture(scope="module")
def reference() -> dict[tuple[str, int], dict[str, Any]]:
    return points(simulate(spec(), lambda running: running[0])[0])


def test_every_arm_gets_its_budget_and_starts_from_its_own_settings(reference):
    assert len(reference) == 32
    assert reference["Softmax", 0] == {"optimizer.weight_decay": 5e-4}
    assert reference["RN", 0] == {"optimizer.weight_decay": 5e-4, "incay.weight": 0.5}
    assert len({tuple(sorted(point.items())) for point in reference.values()}) == 32


@given(seed=st.integers(0, 1000), places=st.integers(1, 5))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_points_do_not_depend_on_what_finishes_first(seed, places, reference):
    draw = random.Random(seed)
    assert points(simulate(spec(), draw.choice, places)[0]) == reference


@given(stop=st.integers(1, 31), seed=st.integers(0, 1000), remember=st.booleans())
@settings(max_examples=8, deadline=None, derandomize=True)
def test_an_interrupted_search_goes_on_with_the_same_points(stop, seed, remember, reference):
    draw = random.Random(seed)
    stored: dict[str, TrialRecord] = {}
    first, before = simulate(spec(), draw.choice, 3, stored, stop_after=stop)
    known = points(first) if remember else None
    second, after = simulate(spec(), draw.choice, 3, stored, known=known)
    assert points(second) == reference
    assert before + after == 32


def test_the_winner_is_the_best_completed_trial():
    work, _ = simulate(spec(), lambda running: running[0])
    for search in work.searches:
        winner = search.winner()
        assert winner is not None
        assert objective(winner) == min(objective(trial) for trial in search.trials.values())


def test_tpe_does_better_than_its_first_points():
    work, _ = simulate(
        spec(budget={"trials": 40, "parallel": 2}), lambda running: running[0], places=2
    )
    for search in work.searches:
        values = [objective(search.trials[number]) for number in range(40)]
        assert sorted(values[25:])[7] < sorted(values[:15])[7]


def test_another_study_seed_gives_other_points(reference):
    other = points(simulate(spec(seed=1), lambda running: running[0])[0])
    assert other["RN", 0] == reference["RN", 0]
    assert other["RN", 1] != reference["RN", 1]


def test_equal_trials_of_two_arms_are_trained_once():
    study = spec(
        arms={"A": {}, "B": {"incay": {"form": "reciprocal", "weight": 0}}},  # λ = 0 is softmax
        search={"all arms": {"optimizer.weight_decay": [0.0, 1e-4, 1e-3]}},
        budget={"trials": 3, "sampler": "random", "parallel": 3},
    )
    work, trained = simulate(study, lambda running: running[0])
    assert trained == len({trial.fingerprint for trial in work.planned}) <= 3
    assert len(work.planned) == 6


def test_confirm_seeds_are_shared_by_arms_and_unknown_to_the_search(reference):
    study = spec()
    planner = Planner(study, DataCatalog(None))
    trials = planner.confirm_trials({"RN": {"incay.weight": 2.0}})
    seeds = {arm.name: [] for arm in study.arms}
    for trial in trials:
        seeds[trial.arm].append(trial.config.seed)
        assert trial.config.split.test == "final"
        assert trial.config.split.validation == 0.0
    assert seeds["Softmax"] == seeds["RN"]
    assert len(set(seeds["RN"])) == study.replicates
    searched = planner.search_trial(study.arms[0], 0, {"optimizer.weight_decay": 1e-3})
    assert searched.config.seed not in seeds["RN"]
    assert searched.config.split.test == "sealed"
    assert searched.config.split.validation > 0.0


def test_fixed_work_skips_what_is_finished_and_trains_equals_once():
    study = spec(
        search={},
        arms={"A": {}, "off": {"incay": {"form": "log", "weight": 0.0}}, "B": {"batch_size": 9}},
        factor=["incay", "batch_size"],
    )
    trials = Planner(study, DataCatalog(None)).confirm_trials()
    done = {trials[0].fingerprint: ended(trials[0])}
    work = FixedWork(trials, done.get)
    handed = []
    while isinstance(trial := work.next(), PlannedTrial):
        handed.append(trial)
    assert len(handed) == 2 * study.replicates - 1
    assert len({trial.fingerprint for trial in handed}) == len(handed)
