"""What a search over seeds leaves in a store: books that are checked, counted and copied."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from simulated import simulate, spec

from incay.analysis import load
from incay.analysis.results.points import search_points
from incay.study.execution.books.ledger import Ledger
from incay.study.mirrors.optuna_copy import OptunaCopy, open_storage, storage_address
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.status import study_status
from incay.study.planning.trials import PlannedTrial
from incay.study.search.witness import other_point, outside_point
from incay.study.spec.study import StudySpec
from incay.trainables.fingerprint import code_version
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.shapes import Progress, TrialRow, search_name
from incay.trainables.store.trials import Store
from incay.trainables.worker.ending import end_trial

DECAY = "optimizer.weight_decay"
BUDGET = {"trials": 12, "seeds": 3, "race": "paired", "parallel": 2, "sampler": "random"}


def noisy(trial: PlannedTrial) -> float:
    """An error of which seeds change little, and points much."""
    point = sum(float(value) for value in trial.params.values())
    return 10.0 + point + random.Random(f"{trial.config.seed}/{point}").gauss(0.0, 1e-3)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudySpec, Store]:
    study = spec(budget=BUDGET, searches=2)
    store = Store(tmp_path_factory.mktemp("results"))
    ledger = Ledger(store, study)
    ledger.open()
    data = DataCatalog(None)
    work, _ = simulate(study, lambda running: running[0], measured=noisy)
    for trial in work.planned:
        progress = Progress(
            step=10,
            seconds=1.0,
            config=trial.config.to_dict(),
            data_hash=data.hash_for(trial.config),
            code_version=code_version(trial.config),
            provenance={"started": "2026-01-31T12:00:00.000+00:00"},
            history=[{"step": 10.0, "val.error": noisy(trial)}],
        )
        end_trial(store, trial.fingerprint, progress, Ending.COMPLETED, "", {})
    ledger.keep(work.planned, now=True)
    winners = {
        search_name(each.arm.name, each.repetition): winner
        for each in work.searches
        if (winner := each.winner()) is not None
    }
    ledger.freeze(winners)
    assert len(winners) == 4
    return study, store


def test_what_the_search_has_chosen_is_found_to_be_so(searched: tuple[StudySpec, Store]) -> None:
    study, store = searched
    books = Books(store, study.name, study.run)
    assert outside_point(study, books) == ""
    assert other_point(store, study, books) == ""


def _with(rows: list[TrialRow], at: int, **changes: Any) -> list[TrialRow]:
    return [*rows[:at], replace(rows[at], **changes), *rows[at + 1 :]]


def test_whoever_lists_another_point_or_a_luckier_seed_is_found_out(
    searched: tuple[StudySpec, Store],
) -> None:
    study, store = searched
    books = Books(store, study.name, study.run)
    rows = books.trials()
    at = next(i for i, row in enumerate(rows) if row.replicate == 2 and row.repetition == 1)
    key = (*rows[at].key[:4], 0)
    first = next(row for row in rows if row.key == key)
    spare = next(row for row in rows if (row.arm, row.repetition, row.number) == ("RN", 0, 11))
    try:
        for altered, says in (
            (_with(rows, at, params={**rows[at].params, DECAY: 1e-3}), "the results put it at"),
            (_with(rows, at, fingerprint=first.fingerprint), "has seed"),
            ([*rows, replace(spare, replicate=7)], "is none that the search trains"),
        ):
            books.write_trials(altered)
            assert says in other_point(store, study, books)
        books.write_trials(_with(rows, at, params={**rows[at].params, DECAY: 2.0}))
        assert "search 1:" in outside_point(study, books)
    finally:
        books.write_trials(rows)


def test_what_a_race_has_spared_is_not_asked_for_any_more(
    searched: tuple[StudySpec, Store],
) -> None:
    study, store = searched
    listed = [row for row in Books(store, study.name, study.run).trials() if row.arm == "RN"]
    assert len(listed) < 2 * 12 * 3
    phases = study_status(store, study.name, study.run).phases
    (search,) = (each for each in phases if (each.arm, each.phase) == ("RN", "search"))
    assert search.total == sum(search.statuses.values()) == len(listed)


def test_it_is_not_asked_for_either_where_the_book_of_winners_is_gone(
    searched: tuple[StudySpec, Store],
) -> None:
    study, store = searched
    books = Books(store, study.name, study.run)
    rows, frozen = books.trials(), books.frozen()
    assert frozen is not None
    confirmed = replace(rows[0], arm="RN", phase="confirm", number=0, replicate=0, repetition=0)
    try:
        store.delete(f"{books.folder}/freeze.json")
        assert not books.search_is_over(rows)
        books.write_trials([*rows, confirmed])
        phases = study_status(store, study.name, study.run).phases
        (search,) = (each for each in phases if (each.arm, each.phase) == ("RN", "search"))
        assert search.total == sum(row.arm == "RN" for row in rows)
        assert [each for each in books.mend() if "freeze.json must be there" in each]
    finally:
        books.write_trials(rows)
        books.write_frozen(frozen)


def test_optunas_copy_has_one_trial_a_point_and_one_study_a_search(
    searched: tuple[StudySpec, Store],
) -> None:
    study, store = searched
    OptunaCopy(store, study.name, study.run).sync()
    OptunaCopy(store, study.name, study.run).sync()
    results = load(store, study.name)
    storage = open_storage(storage_address(store))
    pruned = 0
    for arm in results.arms:
        for search in range(2):
            name = f"{study.name} {study.run} {search_name(arm.name, search)}"
            copied = optuna.load_study(study_name=name, storage=storage).trials
            points = [each for each in search_points(results, arm) if each.repetition == search]
            assert len(copied) == len(points) == 12
            for point in points:
                trial = copied[point.number]
                assert trial.user_attrs["incay.trials"] == list(point.fingerprints)
                value = point.metric("val.error")
                if value is None:
                    pruned += 1
                    assert trial.state == TrialState.PRUNED
                    assert len(trial.intermediate_values) == len(point.trials)
                else:
                    assert trial.value == pytest.approx(value)
                    assert trial.user_attrs["incay.by_seed"] == list(point.values("val.error"))
    assert pruned > 4
