"""The rate falls when the training error stops decreasing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule
from incay.trainables.schedules.falling import FallingSettings
from incay.trainables.schedules.warmup import WarmUp


@register_schedule("plateau")
@dataclass(frozen=True, kw_only=True)
class PlateauSettings(FallingSettings):
    """lr × factor^(times that the training error has not fallen by min_delta for patience reports).

    The papers: "three times when the training error stops decreasing".
    """

    citation = "papers A and B, sec. 4.1"

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return WarmUp(PlateauSchedule(self), self.warmup_steps(steps))


class PlateauSchedule(Schedule):
    """The rate falls when the training error stops decreasing (both papers, section 4.1)."""

    def __init__(self, settings: FallingSettings) -> None:
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
