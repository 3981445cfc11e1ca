"""Pruning: hopeless trials end early, told as pruned, and the same ones every time."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState
from programs import incay
from simulated import points, spec
from simulated_records import simulated_record
from tiny_study import STUDY

from incay.study.mirrors.optuna_copy import open_storage, storage_address
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork, Signal
from incay.study.search.outcomes import Outcome
from incay.study.search.pruner import PruneJudge
from incay.study.spec.study import StudySpec
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

REPORTS = 9


def pruning(pruner: str = "asha", **changes: Any) -> StudySpec:
    return spec(
        base={"dataset": "digits", "steps": 90, "reports": REPORTS},
        search={"all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}},
        budget={"trials": 24, "parallel": 3, "pruner": pruner},
        **changes,
    )


def curve(trial: PlannedTrial) -> list[dict[str, float]]:
    """Errors that fall to a level which the point decides."""
    level = abs(math.log10(trial.params["optimizer.weight_decay"]) + 3.0)
    return [
        {"step": 10.0 * report, "val.error": level + 5.0 * 0.6**report}
        for report in range(1, REPORTS + 1)
    ]


class Simulation:
    """Runs a search report by report; `pick` says which running trial reports next."""

    def __init__(self, study: StudySpec, stored: dict[str, TrialRecord] | None = None) -> None:
        self.histories: dict[str, list[dict[str, float]]] = {}
        self.stored = {} if stored is None else stored
        self.steps = 0
        self.work = SearchWork(
            study,
            Planner(study, DataCatalog(None)),
            self.stored.get,
            lambda record: record.provenance["history"],
        )

    def run(self, pick: Callable[[list[PlannedTrial]], PlannedTrial], places: int = 3) -> None:
        running: list[PlannedTrial] = []
        while True:
            following: PlannedTrial | Signal = Signal.WAIT
            while len(running) < places:
                following = self.work.next()
                if not isinstance(following, PlannedTrial):
                    break
                running.append(following)
                self.histories[following.fingerprint] = []
            if not running:
                assert following is Signal.DONE
                return
            trial = pick(running)
            history = self.histories[trial.fingerprint]
            history.append(curve(trial)[len(history)])
            self.steps += 1
            if len(history) == REPORTS:
                self._end(trial, Ending.COMPLETED)
                running.remove(trial)
            elif self.work.prunes(trial, history):
                self._end(trial, Ending.PRUNED)
                running.remove(trial)

    def _end(self, trial: PlannedTrial, status: Ending) -> None:
        history = list(self.histories[trial.fingerprint])
        step, metrics = int(history[-1]["step"]), {"val.error": history[-1]["val.error"]}
        record = simulated_record(
            trial.fingerprint, metrics, status, step, seconds=1.0, history=history
        )
        self.stored[trial.fingerprint] = record
        self.work.end(trial, record)

    def verdicts(self) -> dict[tuple[str, int], tuple[str, int]]:
        return {
            (item.arm.name, number): (outcome.status, len(outcome.intermediate))
            for item in self.work.searches
            for number, outcome in item.outcomes.items()
        }


@pytest.fixture(scope="module")
def undisturbed() -> Simulation:
    simulation = Simulation(pruning())
    simulation.run(lambda running: running[0])
    return simulation


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "median"])
def test_a_pruner_saves_steps_and_keeps_the_best(pruner: str) -> None:
    simulation = Simulation(pruning(pruner))
    simulation.run(lambda running: running[0])
    verdicts = [status for status, _ in simulation.verdicts().values()]
    assert verdicts.count("pruned") > 0
    assert simulation.steps < 0.8 * len(verdicts) * REPORTS
    for search in simulation.work.searches:
        winner = search.winner()
        assert winner is not None
        reached = sorted(curve(trial)[-1]["val.error"] for trial in search.trials.values())
        assert curve(winner)[-1]["val.error"] <= reached[3]


@given(seed=st.integers(0, 10_000), places=st.integers(1, 5))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_verdicts_do_not_depend_on_what_reports_first(
    seed: int, places: int, undisturbed: Simulation
) -> None:
    draw = random.Random(seed)
    other = Simulation(pruning())
    other.run(draw.choice, places)
    assert points(other.work) == points(undisturbed.work)
    assert other.verdicts() == undisturbed.verdicts()


def test_a_later_run_finds_every_verdict_in_the_store(undisturbed: Simulation) -> None:
    again = Simulation(pruning(), dict(undisturbed.stored))
    again.run(lambda running: running[0])
    assert again.steps == 0
    assert again.verdicts() == undisturbed.verdicts()


def test_a_trial_that_another_study_pruned_earlier_is_trained_on() -> None:
    """Pruned records are results for a study that prunes no later, and for no other."""
    pruned = Simulation(pruning())
    pruned.run(lambda running: running[0])
    assert any(record.status == "pruned" for record in pruned.stored.values())
    whole = Simulation(pruning("none"), dict(pruned.stored))
    whole.run(lambda running: running[0])
    assert {status for status, _ in whole.verdicts().values()} == {"completed"}


def test_another_studys_pruning_does_not_end_a_running_trial() -> None:
    """Such as one that is found when the trial has lost its worker."""
    pruned = Simulation(pruning())
    pruned.run(lambda running: running[0])
    whole = Simulation(pruning("none"), dict(pruned.stored))
    refused = 0
    while isinstance(trial := whole.work.next(), PlannedTrial):
        record = whole.stored.get(trial.fingerprint)
        refused += record is not None
        assert record is None or not whole.work.accepts(trial, record)
    assert refused > 0


def test_a_judge_that_hears_all_again_gives_the_same_verdict() -> None:
    seen = {
        number: Outcome({}, Ending.COMPLETED, (1.0,), dict.fromkeys(range(1, 10), 1.0), {})
        for number in range(6)
    }
    judge = PruneJudge("median", direction="min", number=6, seen=seen, reports=9)
    worse = [3.0] * 9
    first = [judge.hear(worse[:count]) for count in range(1, 10)]
    assert True in first
    assert judge.pruned_at == first.index(True) + 1
    assert len(judge.intermediate) == judge.pruned_at
    again = PruneJudge("median", direction="min", number=6, seen=seen, reports=9)
    assert again.hear(worse)
    assert again.pruned_at == judge.pruned_at


def test_pruned_trials_are_told_as_pruned_everywhere(tmp_path: Path) -> None:
    """End to end: the record, the Optuna copy and a second run agree."""
    study = STUDY.replace("budget: {trials: 2}", "budget: {trials: 9, pruner: asha}").replace(
        "optimizer.weight_decay: log 1e-5 .. 1e-2", "optimizer.lr: log 1e-6 .. 1e-1"
    )
    (tmp_path / "tiny.yaml").write_text(study)
    done = incay("run", "tiny.yaml", "--seeds", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    store = Store(tmp_path / "results")
    records = [
        json.loads(path.read_text()) for path in tmp_path.glob("results/trials/*/*/record.json")
    ]
    pruned = {record["fingerprint"]: record for record in records if record["status"] == "pruned"}
    assert pruned
    for record in pruned.values():
        assert record["step"] < 40
        assert record["reason"] == f"pruned after {record['step']} steps"
    import optuna

    storage = open_storage(storage_address(store))
    for name in optuna.get_all_study_names(storage):
        for trial in optuna.load_study(study_name=name, storage=storage).trials:
            told = trial.user_attrs["incay.fingerprint"] in pruned
            assert trial.state == (TrialState.PRUNED if told else TrialState.COMPLETE)
            assert trial.intermediate_values
    again = incay("run", "tiny.yaml", "--seeds", "1", "--no-mirror", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "0 trials started" in again.stdout


def with_a_race(pruner: str) -> StudySpec:
    return spec(
        base={"dataset": "digits", "steps": 90, "reports": REPORTS},
        search={"all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}},
        budget={"trials": 24, "parallel": 3, "seeds": 3, "race": "paired", "pruner": pruner},
    )


def test_in_a_race_the_first_seed_is_pruned_and_what_is_left_of_its_point_spared() -> None:
    raced, halved = Simulation(with_a_race("none")), Simulation(with_a_race("asha"))
    for simulation in (raced, halved):
        simulation.run(lambda running: running[0])
    assert halved.steps < 0.6 * raced.steps
    for search in halved.work.searches:
        counts = Counter(
            trial.number for trial in halved.work.planned if trial.arm == search.arm.name
        )
        cut = [number for number, each in search.outcomes.items() if each.status == Ending.PRUNED]
        assert cut
        assert all(counts[number] == (1 if number in cut else 3) for number in counts)
        assert all(search.outcomes[number].values is None for number in cut)
        assert all(search.outcomes[number].intermediate for number in counts)
        winner = search.winner()
        assert winner is not None
        assert counts[winner.number] == 3


@given(seed=st.integers(0, 10_000), places=st.integers(1, 5))
@settings(max_examples=6, deadline=None, derandomize=True)
def test_a_race_with_a_pruner_does_not_depend_on_what_reports_first(seed: int, places: int) -> None:
    first, other = Simulation(with_a_race("asha")), Simulation(with_a_race("asha"))
    first.run(lambda running: running[0])
    other.run(random.Random(seed).choice, places)
    assert points(other.work) == points(first.work)
    assert other.verdicts() == first.verdicts()
    # What is stored is not trained again.
    again = Simulation(with_a_race("asha"), other.stored)
    again.run(lambda running: running[0])
    assert again.steps == 0
    assert again.verdicts() == first.verdicts()
