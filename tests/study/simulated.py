"""A search without training: its trials' results are functions of their points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulated_records import simulated_record

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork, Signal
from incay.study.spec.reading.document import Document
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord


def spec(**changes: Any) -> StudySpec:
    values: dict[str, Any] = {
        "name": "simulated",
        "base": {"dataset": "digits", "steps": 10},
        "arms": {
            "Softmax": {},
            "RN": {"incay": {"form": "reciprocal", "weight": 0.5}},
        },
        "search": {
            "all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"},
            "RN": {"incay.weight": "log 1e-3 .. 1e3"},
        },
        "budget": {"trials": 16, "parallel": 3},
    }
    return parse_study(Document("simulated", {**values, **changes}))


def objective(trial: PlannedTrial) -> float:
    """A smooth function of the point, in place of training."""
    numbers = [value for value in trial.params.values() if not isinstance(value, str)]
    return sum(abs(float(value) - 0.01) for value in numbers)


Measured = Callable[[PlannedTrial], float]


def ended(
    trial: PlannedTrial, status: Ending = Ending.COMPLETED, measured: Measured = objective
) -> TrialRecord:
    metrics = {"val.error": measured(trial), "val.norm": 1.0}
    return simulated_record(trial.fingerprint, metrics, status, seconds=1.0)


def no_history(_: TrialRecord) -> list[Mapping[str, Any]]:
    return []


def simulate(
    study: StudySpec,
    pick: Callable[[list[PlannedTrial]], PlannedTrial],
    places: int = 3,
    stored: dict[str, TrialRecord] | None = None,
    stop_after: int | None = None,
    known: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
    measured: Measured = objective,
) -> tuple[SearchWork, int]:
    """Run a search with `places` trials at once; `pick` says which one ends next."""
    stored = {} if stored is None else stored
    planner = Planner(study, DataCatalog(None))
    of_search = {(arm, 0, number): point for (arm, number), point in (known or {}).items()}
    work = SearchWork(study, planner, stored.get, no_history, of_search)
    running: list[PlannedTrial] = []
    trained = 0
    while True:
        following: PlannedTrial | Signal = Signal.WAIT
        while len(running) < places:
            following = work.next()
            if not isinstance(following, PlannedTrial):
                break
            running.append(following)
        if not running:
            assert following is Signal.DONE
            return work, trained
        trial = pick(running)
        running.remove(trial)
        stored[trial.fingerprint] = ended(trial, measured=measured)
        work.end(trial, stored[trial.fingerprint])
        trained += 1
        if stop_after is not None and trained >= stop_after:
            return work, trained


def points(work: SearchWork) -> dict[tuple[str, int], dict[str, Any]]:
    return {(trial.arm, trial.number): dict(trial.params) for trial in work.planned}
