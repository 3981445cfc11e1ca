"""The rate falls as a power of what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule, ScheduleSettings
from incay.trainables.schedules.warmup import Curve
from incay.trainables.settings import require


@register_schedule("polynomial")
@dataclass(frozen=True, kw_only=True)
class PolynomialSettings(ScheduleSettings):
    """lr × (floor + (1 − floor)·(1 − t/T)^power) after t of T steps.

    Attributes:
        power: 0.9 is DeepLab's value.
        floor: The share of the learning rate that the run ends with.
    """

    power: float = 0.9
    floor: float = 0.0

    citation = "Chen et al., DeepLab, TPAMI 2018, sec. 4.1 (poly)"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 < self.power <= 10.0, "0 < power <= 10", self.power)
        require(0.0 <= self.floor <= 1.0, "0 <= floor <= 1", self.floor)

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return Curve(self._curve, steps, self.warmup_steps(steps))

    def _curve(self, step: int, steps: int) -> float:
        left = math.pow(1.0 - step / steps, self.power)
        return self.floor + (1.0 - self.floor) * left
