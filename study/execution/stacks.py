"""Which waiting trials go to one worker process together."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from incay.study.planning.trials import PlannedTrial
from incay.study.search.order import Signal, Work
from incay.trainables.stacking.key import must_train_alone, stack_key

_MOST_WAITING = 1000
"""Trials that are looked at, at most, for those that may train together."""
_NO_OTHER = "no other trial that it could train with was waiting"


@dataclass(frozen=True)
class Stack:
    """Trials for one worker process.

    Attributes:
        trials: One or more.
        alone_because: Why there is only one; empty for several.
    """

    trials: Sequence[PlannedTrial]
    alone_because: str = ""


class Stacks:
    """Hands out a phase's work in stacks.

    Full stacks come first. Others come when there is room for them, and go on filling until
    then: in a search trials end, and others begin, one by one.

    Args:
        work: The phase's trials.
        first: The first of them, taken already.
        most: Trials of a stack; with 1 they come one by one, as the work hands them out.
    """

    def __init__(self, work: Work, first: PlannedTrial, most: int) -> None:
        self._work = work
        self._most = most
        self._alone: dict[str, str] = {}
        self._kinds: OrderedDict[str, deque[PlannedTrial]] = OrderedDict()
        self._wait(first)

    @property
    def waiting(self) -> list[PlannedTrial]:
        """The trials that the work has handed out and no worker has."""
        return [trial for kind in self._kinds.values() for trial in kind]

    def next(self, has_room: Callable[[], bool]) -> Stack | Signal:
        """Return the next stack, or why there is none.

        Args:
            has_room: Returns whether a stack could begin now; asked only if none is full.

        Raises:
            StoreError: The store takes nothing more.
        """
        signal = self._gather()
        if not self._kinds:
            return signal
        kind = next(filter(self._is_full, self._kinds), None)
        if kind is None:
            if not has_room():
                return Signal.WAIT
            kind = next(iter(self._kinds))
        waiting = self._kinds.pop(kind)
        trials = [waiting.popleft() for _ in range(min(self._most, len(waiting)))]
        if waiting:  # behind the others, so that arms stay side by side
            self._kinds[kind] = waiting
        if len(trials) > 1:
            return Stack(trials)
        (trial,) = trials
        return Stack(trials, self._alone.get(trial.fingerprint, _NO_OTHER))

    def again(self, trial: PlannedTrial, alone_because: str = "") -> None:
        """Take back a trial that lost its worker; it is among the next.

        Args:
            trial: The trial.
            alone_because: Why it is to train alone from now on; empty if it is not.
        """
        if alone_because:
            self._alone[trial.fingerprint] = alone_because
        self._kinds.move_to_end(self._wait(trial), last=False)

    def _gather(self) -> Signal:
        """Take trials from the work until a stack is full."""
        known = len(self.waiting)
        full = any(map(self._is_full, self._kinds))
        while not full and known < _MOST_WAITING:
            trial = self._work.next()
            if isinstance(trial, Signal):
                return trial
            full = self._is_full(self._wait(trial))
            known += 1
        return Signal.WAIT

    def _is_full(self, kind: str) -> bool:
        waiting = self._kinds[kind]
        return len(waiting) >= self._most or waiting[0].fingerprint in self._alone

    def _wait(self, trial: PlannedTrial) -> str:
        """Put a trial with others of its kind; return the kind."""
        reason = must_train_alone(trial.config)
        if reason:
            self._alone.setdefault(trial.fingerprint, reason)
        kind = trial.fingerprint
        if self._most > 1 and trial.fingerprint not in self._alone:
            kind = stack_key(trial.config)
        self._kinds.setdefault(kind, deque()).append(trial)
        return kind
