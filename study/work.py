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

from study.arm_search import ArmSearch, Histories, History
from study.plan import PlannedTrial, Planner
from study.spec import StudySpec
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

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether to end a running trial, given all of its reports so far."""

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in how a trial ended."""


class FixedWork:
    """Trials that are all known beforehand: the confirm phase. None is pruned.

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
            record = self._finished(trial.fingerprint)
            if record is None or record.status == "pruned":
                return trial
        return Signal.DONE

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Confirm trials run to their end."""
        del trial, history
        return False

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Nothing depends on an ending here."""


class SearchWork:
    """The search of all arms, trial by trial in turn.

    Args:
        spec: The study.
        planner: Makes its trials.
        finished: See `Finished`.
        histories: See `study.arm_search.Histories`.
        known: Points of an earlier run, by (arm, number), so that they need not be chosen
            again.
    """

    def __init__(
        self,
        spec: StudySpec,
        planner: Planner,
        finished: Finished,
        histories: Histories,
        known: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
    ) -> None:
        self.planned: list[PlannedTrial] = []
        self._finished = finished
        self.searches = []
        for arm in spec.arms:
            if arm.search:
                points = {
                    n: point for (name, n), point in (known or {}).items() if name == arm.name
                }
                self.searches.append(ArmSearch(spec, arm, planner, histories, points))
        self._running: dict[str, list[tuple[ArmSearch, PlannedTrial]]] = {}

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial of the arm that is furthest behind."""
        while True:
            left = [search for search in self.searches if not search.exhausted]
            if not left:
                return Signal.WAIT if self._running else Signal.DONE
            ready = [search for search in left if search.ready]
            if not ready:
                return Signal.WAIT
            search = min(ready, key=lambda item: item.number)
            trial = search.take()
            self.planned.append(trial)
            if trial.fingerprint in self._running:
                self._running[trial.fingerprint].append((search, trial))
                continue
            record = self._finished(trial.fingerprint)
            if record is not None and search.accepts(trial, record):
                search.end(trial, record)
                continue
            self._running[trial.fingerprint] = [(search, trial)]
            return trial

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether every arm that waits for the trial would end it."""
        waiting = self._running.get(trial.fingerprint, [])
        verdicts = [search.prunes(own, history) for search, own in waiting]
        return bool(verdicts) and all(verdicts)

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Tell the ending to every arm that waits for this fingerprint."""
        for search, own in self._running.pop(trial.fingerprint, []):
            search.end(own, record)
