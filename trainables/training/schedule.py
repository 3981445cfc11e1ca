"""Learning-rate schedules as small objects with a state that can be saved."""

from __future__ import annotations

import bisect
from typing import Any, Protocol

from incay.trainables.training.settings import ScheduleSettings


class Schedule(Protocol):
    """Gives the factor of the learning rate."""

    def factor(self, step: int) -> float:
        """Return the factor for the step that follows `step` finished ones."""

    def report(self, train_error: float) -> None:
        """Take in the training error (%) of the reporting interval that just ended."""

    def state_dict(self) -> dict[str, Any]:
        """Return what must be kept to resume."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""


def build_schedule(settings: ScheduleSettings, steps: int) -> Schedule:
    """Return the schedule of a run of `steps` steps."""
    if settings.kind == "plateau":
        return PlateauSchedule(settings)
    return StepSchedule(settings, steps)


class StepSchedule:
    """The rate falls at fixed steps."""

    def __init__(self, settings: ScheduleSettings, steps: int) -> None:
        self._factor = settings.factor
        self._milestones = sorted(
            item if isinstance(item, int) else round(item * steps) for item in settings.milestones
        )

    def factor(self, step: int) -> float:
        """Return factor ** (milestones passed)."""
        passed = bisect.bisect_right(self._milestones, step)
        return float(self._factor**passed)

    def report(self, train_error: float) -> None:
        """Fixed steps do not listen."""

    def state_dict(self) -> dict[str, Any]:
        """There is no state."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """There is no state."""


class PlateauSchedule:
    """The rate falls when the training error stops decreasing (both papers, section 4.1)."""

    def __init__(self, settings: ScheduleSettings) -> None:
        self._settings = settings
        self._best = float("inf")
        self._waited = 0
        self._drops = 0

    def factor(self, step: int) -> float:
        """Return factor ** (drops so far)."""
        del step
        return float(self._settings.factor**self._drops)

    def report(self, train_error: float) -> None:
        """Drop the rate after `patience` reports without progress."""
        if train_error < self._best - 100.0 * self._settings.min_delta:
            self._best = train_error
            self._waited = 0
            return
        self._waited += 1
        if self._waited >= self._settings.patience and self._drops < self._settings.drops:
            self._drops += 1
            self._waited = 0

    def state_dict(self) -> dict[str, Any]:
        """Return best error, reports waited and drops."""
        return {"best": self._best, "waited": self._waited, "drops": self._drops}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""
        self._best, self._waited, self._drops = state["best"], state["waited"], state["drops"]
