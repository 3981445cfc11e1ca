"""Which trial comes next: the order of a phase, free of Ray.

`next` is asked whenever a place is free. It skips what the store has finished, hands each
fingerprint out once and, in a search, waits until the results that the next point depends on
are known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

from study.plan import PlannedTrial, Planner
from study.sampling import Outcome, PointSampler
from study.space import parse_space
from study.spec import Arm, StudySpec
from study.trial import dotted
from trainables.records import TrialRecord


class Signal(Enum):
    """Why there is no next trial."""

    WAIT = "wait"
    DONE = "done"


Finished = Callable[[str], TrialRecord | None]
"""Looks up the record of a fingerprint whose ending is a result."""


class Work(Protocol):
    """The trials of one phase."""

    planned: list[PlannedTrial]
    """Every trial handed out or found finished so far."""

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial to train, or why there is none."""

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in how a trial ended."""


class FixedWork:
    """Trials that are all known beforehand: the confirm phase.

    Args:
        trials: All of them.
        finished: See `Finished`.
    """

    def __init__(self, trials: Iterable[PlannedTrial], finished: Finished) -> None:
        self.planned = list(trials)
        self._finished = finished
        # Arms that come out the same (λ = 0 and the baseline) are trained once.
        self._waiting = deque({trial.fingerprint: trial for trial in self.planned}.values())

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial without a result."""
        while self._waiting:
            trial = self._waiting.popleft()
            if self._finished(trial.fingerprint) is None:
                return trial
        return Signal.DONE

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Nothing depends on an ending here."""


class SearchWork:
    """The search of all arms, trial by trial in turn.

    Args:
        spec: The study.
        planner: Makes its trials.
        finished: See `Finished`.
        known: Points of an earlier run, by (arm, number), so that they need not be chosen
            again.
    """

    def __init__(
        self,
        spec: StudySpec,
        planner: Planner,
        finished: Finished,
        known: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
    ) -> None:
        self.planned: list[PlannedTrial] = []
        self._finished = finished
        self.searches = [
            ArmSearch(spec, arm, planner, known or {}) for arm in spec.arms if arm.search
        ]
        self._running: dict[str, list[ArmSearch]] = {}

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial of the arm that is furthest behind."""
        while True:
            open_searches = [search for search in self.searches if not search.exhausted]
            if not open_searches:
                return Signal.WAIT if self._running else Signal.DONE
            ready = [search for search in open_searches if search.ready]
            if not ready:
                return Signal.WAIT
            search = min(ready, key=lambda item: item.number)
            trial = search.take()
            self.planned.append(trial)
            if trial.fingerprint in self._running:
                self._running[trial.fingerprint].append(search)
                search.pending[trial.fingerprint] = trial
                continue
            record = self._finished(trial.fingerprint)
            if record is not None:
                search.end(trial, record)
                continue
            self._running[trial.fingerprint] = [search]
            search.pending[trial.fingerprint] = trial
            return trial

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Tell the ending to every arm that waits for this fingerprint."""
        for search in self._running.pop(trial.fingerprint, []):
            search.end(search.pending.pop(trial.fingerprint), record)


class ArmSearch:
    """The search of one arm.

    Attributes:
        arm: The arm.
        number: The next trial's number.
        outcomes: Endings by number.
        pending: Trials in training by fingerprint.
    """

    def __init__(
        self,
        spec: StudySpec,
        arm: Arm,
        planner: Planner,
        known: Mapping[tuple[str, int], Mapping[str, Any]],
    ) -> None:
        assert spec.budget is not None
        self.arm = arm
        self.number = 0
        self.outcomes: dict[int, Outcome] = {}
        self.trials: dict[int, PlannedTrial] = {}
        self.pending: dict[str, PlannedTrial] = {}
        self.spaces = {name: parse_space(notation) for name, notation in arm.search.items()}
        self._objective = spec.objective
        self._budget = spec.budget
        self._planner = planner
        self._known = known
        start = dotted(arm.config)
        self._sampler = PointSampler(
            self.spaces,
            {name: start[name] for name in self.spaces},
            sampler=spec.budget.sampler,
            minimize=spec.objective.mode == "min",
            parallel=spec.budget.parallel,
            seed_parts=(spec.seed, "sampler", arm.name),
        )

    @property
    def exhausted(self) -> bool:
        """Whether the budget is handed out."""
        return self.number >= self._budget.trials

    @property
    def ready(self) -> bool:
        """Whether the results that the next point depends on are known."""
        return all(number in self.outcomes for number in self._sampler.sees(self.number))

    def take(self) -> PlannedTrial:
        """Choose the next point and return its trial."""
        number = self.number
        point = self._known.get((self.arm.name, number))
        if point is None:
            taken = {other: trial.params for other, trial in self.trials.items()}
            point = self._sampler.point(number, self.outcomes, taken)
        trial = self._planner.search_trial(self.arm, number, point)
        self.trials[number] = trial
        self.number += 1
        return trial

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in how a trial ended."""
        value = record.metrics.get(self._objective.metric)
        self.outcomes[trial.number] = Outcome(trial.params, record.status, value)

    def winner(self) -> PlannedTrial | None:
        """Return the completed trial with the best objective, the earliest of equals."""
        sign = 1.0 if self._objective.mode == "min" else -1.0
        best: tuple[float, int] | None = None
        for number, outcome in sorted(self.outcomes.items()):
            if outcome.status == "completed" and outcome.value is not None:
                ranked = (sign * outcome.value, number)
                best = ranked if best is None else min(best, ranked)
        return None if best is None else self.trials[best[1]]
