"""Repeated searches: the first is the study's own, the others have seeds and splits of theirs."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import simulate, spec

from incay.study.errors import StudyError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork
from incay.study.spec.study import StudySpec
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import search_name

BUDGET = {"trials": 6, "parallel": 2}


def repeated(searches: int = 3, **changes: Any) -> StudySpec:
    return spec(**{"budget": BUDGET, "searches": searches, "confirm": {"seeds": 2}, **changes})


def searched(work: SearchWork) -> dict[Any, tuple[str, dict[str, Any]]]:
    return {trial.key: (trial.fingerprint, dict(trial.params)) for trial in work.planned}


def run(study: StudySpec, **options: Any) -> SearchWork:
    return simulate(study, lambda running: running[0], **options)[0]


def test_the_first_search_is_that_of_a_study_with_one() -> None:
    once, thrice = searched(run(repeated(1))), searched(run(repeated()))
    assert len(thrice) == 3 * len(once)
    assert {key: what for key, what in thrice.items() if key[2] == 0} == once


def test_every_search_has_a_seed_and_a_split_of_its_own_that_arms_share() -> None:
    work = run(repeated())
    seeds = {(trial.repetition, trial.config.seed) for trial in work.planned}
    splits = {(trial.repetition, trial.config.split.seed) for trial in work.planned}
    assert len(seeds) == len({seed for _, seed in seeds}) == 3
    assert len(splits) == len({seed for _, seed in splits}) == 3
    second = [search.trials[1].params for search in work.searches if search.arm.name == "RN"]
    assert len({tuple(params.items()) for params in second}) == 3
    assert Counter(trial.config.split.test for trial in work.planned) == {"sealed": 36}


@given(seed=st.integers(0, 1000), places=st.integers(1, 7), stop=st.integers(1, 35))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_order_and_interruptions_change_nothing(seed: int, places: int, stop: int) -> None:
    draw = random.Random(seed)
    stored: dict[str, TrialRecord] = {}
    simulate(repeated(), draw.choice, places, stored, stop_after=stop)
    again = simulate(repeated(), draw.choice, places, stored)[0]
    assert searched(again) == searched(run(repeated()))


def test_each_winner_is_confirmed_on_seeds_of_its_own_that_arms_share() -> None:
    study = repeated()
    winners = {
        search_name(arm, search): {"optimizer.weight_decay": 1e-4 * (1 + search)}
        for arm in ("Softmax", "RN")
        for search in range(3)
    }
    trials = Planner(study, DataCatalog(None)).confirm_trials(winners)
    of_arm: dict[str, list[PlannedTrial]] = {"Softmax": [], "RN": []}
    for trial in trials:
        assert isinstance(trial, PlannedTrial)
        of_arm[trial.arm].append(trial)
        assert dict(trial.params) == winners[search_name(trial.arm, trial.repetition)]
        assert trial.repetition == trial.number // 2
    seeds = [[trial.config.seed for trial in each] for each in of_arm.values()]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == 6
    once = Planner(repeated(1), DataCatalog(None)).confirm_trials({"RN": winners["RN"]})
    assert [each.config.seed for each in once if isinstance(each, PlannedTrial)][::2] == seeds[0][
        :2
    ]


def test_a_study_without_a_search_has_none_to_repeat() -> None:
    with pytest.raises(StudyError, match="searches: must be 1 where nothing is searched"):
        repeated(search={}, budget=None)


def test_the_limit_of_a_study_counts_all_searches() -> None:
    with pytest.raises(StudyError, match="at most 40 trials"):
        repeated(limits={"trials": 40})
