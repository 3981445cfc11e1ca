"""Warm-up, and what follows it as a curve from 0 to 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incay.trainables.schedules.base import Schedule


class WarmUp(Schedule):
    """Multiplies a schedule by 1/W, 2/W, … in its first W steps; no step has the rate 0.

    Args:
        schedule: Counts its steps from the beginning of the run.
        steps: W; 0 leaves the schedule as it is.
    """

    def __init__(self, schedule: Schedule, steps: int) -> None:
        self._schedule = schedule
        self._steps = steps

    def factor(self, step: int) -> float:
        """Return the schedule's factor, warmed up."""
        factor = self._schedule.factor(step)
        return factor * (step + 1) / self._steps if step < self._steps else factor

    def report(self, train_error: float) -> None:
        """Hand it on."""
        self._schedule.report(train_error)

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's state."""
        return self._schedule.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""
        self._schedule.load_state_dict(state)


class Curve(Schedule):
    """A rise over the first steps, then a curve over those that are left.

    Args:
        curve: Gives the factor after `step` of `steps` steps, both counted after the warm-up.
        steps: Of the run.
        warmup: Steps that warm up: 1/W, 2/W, … of the curve's beginning.
    """

    def __init__(self, curve: Callable[[int, int], float], steps: int, warmup: int) -> None:
        self._curve = curve
        self._steps = max(1, steps - warmup)
        self._warmup = warmup

    def factor(self, step: int) -> float:
        """Return the factor for the step that follows `step` finished ones."""
        if step < self._warmup:
            return self._curve(0, self._steps) * (step + 1) / self._warmup
        return self._curve(min(step - self._warmup, self._steps), self._steps)
