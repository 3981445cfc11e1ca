"""The rate falls in equal steps."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule, ScheduleSettings
from incay.trainables.schedules.warmup import Curve
from incay.trainables.settings import require


@register_schedule("linear")
@dataclass(frozen=True, kw_only=True)
class LinearSettings(ScheduleSettings):
    """lr × (1 − (1 − floor)·t/T) after t of T steps.

    Attributes:
        floor: The share of the learning rate that the run ends with.
    """

    floor: float = 0.0

    citation = "Li et al., Budgeted Training, ICLR 2020, sec. 4.1"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.floor <= 1.0, "0 <= floor <= 1", self.floor)

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return Curve(
            lambda step, steps: 1.0 - (1.0 - self.floor) * step / steps,
            steps,
            self.warmup_steps(steps),
        )
