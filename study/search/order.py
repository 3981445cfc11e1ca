"""Which trial comes next: the order of a phase, free of Ray.

`next` is asked whenever a worker is free. It skips what the store has finished, hands each
fingerprint out once and, in a search, waits until the results that the next point depends on
are known.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any, Protocol

from incay.study.planning.trials import PlannedTrial, Planner, WaitingTrial
from incay.study.search.arm_search import ArmSearch, Histories, History, Spared
from incay.study.spec.study import StudySpec
from incay.trainables.store.records import TrialRecord


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
    pruning: bool
    """Whether `prunes` may ever say so: else nobody need read what a trial has reported."""

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial to train, or why there is none."""

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether to end a running trial, given all of its reports so far."""

    def accepts(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Return whether a record is how a running trial ended, not how another study pruned it."""

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in how a trial ended."""


class FixedWork:
    """Trials that are all known beforehand: the confirm phase. None is pruned.

    Args:
        trials: All of them. Those that wait for another's norm follow once it has completed.
        finished: See `Finished`.

    Attributes:
        stuck: Trials that can never begin, because the one they wait for has no norm.
    """

    pruning = False

    def __init__(self, trials: Iterable[PlannedTrial | WaitingTrial], finished: Finished) -> None:
        self.planned: list[PlannedTrial] = []
        self.stuck: list[WaitingTrial] = []
        self._finished = finished
        self._handed_out: set[str] = set()
        self._queue: deque[PlannedTrial] = deque()
        self._waiting: list[WaitingTrial] = []
        self._ended: dict[str, TrialRecord] = {}
        for trial in trials:
            if isinstance(trial, WaitingTrial):
                self._waiting.append(trial)
            else:
                self._plan(trial)

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial without a result."""
        while True:
            while self._queue:
                trial = self._queue.popleft()
                record = self._finished(trial.fingerprint)
                if record is None or not self.accepts(trial, record):
                    return trial
                self._ended[trial.fingerprint] = record
            if not self._release():
                return Signal.WAIT if self._waiting else Signal.DONE

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Confirm trials run to their end."""
        del trial, history
        return False

    def accepts(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Confirm trials are never pruned."""
        del trial
        return not record.status.is_cut

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Note an ending for those that wait for it."""
        self._ended[trial.fingerprint] = record

    def _plan(self, trial: PlannedTrial) -> None:
        self.planned.append(trial)
        # Arms that come out the same (λ = 0 and the baseline) are trained once.
        if trial.fingerprint not in self._handed_out:
            self._handed_out.add(trial.fingerprint)
            self._queue.append(trial)

    def _release(self) -> bool:
        """Plan the trials whose wait is over; return whether there were any."""
        ready = [trial for trial in self._waiting if trial.needs.fingerprint in self._ended]
        self._waiting = [trial for trial in self._waiting if trial not in ready]
        for trial in ready:
            record = self._ended[trial.needs.fingerprint]
            if record.is_whole:
                self._plan(trial.resolve(record))
            else:
                self.stuck.append(trial)
        return bool(ready)


class SearchWork:
    """The searches of all arms, trial by trial in turn.

    Args:
        spec: The study.
        planner: Makes its trials.
        finished: See `Finished`.
        histories: See `incay.study.search.arm_search.Histories`.
        known: Points of an earlier run, by (arm, repetition, number), so that they need not be
            chosen again.
        spared: See `incay.study.search.arm_search.Spared`.
        arms: The arms that are searched; none for all.
    """

    def __init__(
        self,
        spec: StudySpec,
        planner: Planner,
        finished: Finished,
        histories: Histories,
        known: Mapping[tuple[str, int, int], Mapping[str, Any]] | None = None,
        spared: Spared | None = None,
        arms: Collection[str] = (),
    ) -> None:
        self.planned: list[PlannedTrial] = []
        self.pruning = spec.budget.pruner != "none"
        self._finished = finished
        self.searches = []
        for repetition in range(spec.repetitions):
            for arm in spec.arms:
                if arm.search and (not arms or arm.name in arms):
                    points = {
                        number: point
                        for (*which, number), point in (known or {}).items()
                        if which == [arm.name, repetition]
                    }
                    self.searches.append(
                        ArmSearch(spec, arm, planner, histories, points, spared, repetition)
                    )
        self._running: dict[str, list[tuple[ArmSearch, PlannedTrial]]] = {}

    def next(self) -> PlannedTrial | Signal:
        """Return the next trial of the search that is furthest behind."""
        while True:
            in_turn = sorted(self.searches, key=lambda item: item.handed_out)
            search = next((item for item in in_turn if item.ready), None)
            if search is None:
                goes_on = self._running or not all(item.exhausted for item in in_turn)
                return Signal.WAIT if goes_on else Signal.DONE
            trial = search.take()
            self.planned.append(trial)
            if trial.fingerprint in self._running:
                self._running[trial.fingerprint].append((search, trial))
                continue
            record = self._finished(trial.fingerprint)
            if record is not None and search.reuses(trial, record):
                search.end(trial, record)
                continue
            self._running[trial.fingerprint] = [(search, trial)]
            return trial

    def prunes(self, trial: PlannedTrial, history: History) -> bool:
        """Return whether every arm that waits for the trial would end it."""
        waiting = self._running.get(trial.fingerprint, [])
        verdicts = [search.prunes(own, history) for search, own in waiting]
        return bool(verdicts) and all(verdicts)

    def accepts(self, trial: PlannedTrial, record: TrialRecord) -> bool:
        """Return whether every arm that waits for the trial takes the record as its ending."""
        waiting = self._running.get(trial.fingerprint, [])
        return all(search.accepts(own, record) for search, own in waiting)

    def end(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Tell the ending to every arm that waits for this fingerprint."""
        for search, own in self._running.pop(trial.fingerprint, []):
            search.end(own, record)
