"""How points of a search ended, as those that are chosen after them see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.trial import TrialState

from incay.trainables.store.endings import Ending, Nature

STATES: Mapping[Nature, TrialState] = {
    Nature.WHOLE: TrialState.COMPLETE,
    Nature.CUT: TrialState.PRUNED,
    Nature.FAULT: TrialState.FAIL,
    Nature.OPEN: TrialState.FAIL,
}
"""What Optuna is told of an ending."""


@dataclass(frozen=True)
class Outcome:
    """How a point, or one of its trainings, ended.

    Attributes:
        params: The point, by dotted name.
        status: The ending; of several trainings the first that is none of a whole one.
        values: The objectives, the winner's first, their means over several seeds; None unless
            all have completed.
        intermediate: The first objective by report, counted from 1.
        marks: What the pruner noted about the trial.
        seconds: How long it trained.
        by_seed: The objectives with each seed, of a point that is trained with several.
        is_partial: Whether it lacks some of its seeds: its values are then what it would have
            with all, by estimate, and it is no winner.
    """

    params: Mapping[str, Any]
    status: Ending
    values: tuple[float, ...] | None = None
    intermediate: Mapping[int, float] = field(default_factory=dict)
    marks: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    by_seed: tuple[tuple[float, ...], ...] = ()
    is_partial: bool = False

    @property
    def state(self) -> TrialState:
        """What Optuna is told. A norm of no samples is no value: such a trial has failed."""
        state = STATES[self.status.nature]
        missing = state == TrialState.COMPLETE and self.values is None
        return TrialState.FAIL if missing else state

    @property
    def told(self) -> tuple[float, ...] | None:
        """The values that Optuna is told."""
        return self.values if self.state == TrialState.COMPLETE else None
