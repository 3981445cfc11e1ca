"""The rate falls as half a cosine does, once or in cycles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule, ScheduleSettings
from incay.trainables.schedules.warmup import Curve
from incay.trainables.settings import require


@register_schedule("cosine")
@dataclass(frozen=True, kw_only=True)
class CosineSettings(ScheduleSettings):
    """lr × (floor + (1 − floor)·(1 + cos(π·t/T))/2), t steps into a cycle of T.

    Attributes:
        floor: The share of the learning rate that a cycle ends with.
        restarts: How often the rate jumps back to its beginning (SGDR); 0 is one cycle.
        growth: Each cycle is this many times as long as the one before; all together fill the run.
    """

    floor: float = 0.0
    restarts: int = 0
    growth: float = 1.0

    citation = "Loshchilov & Hutter, SGDR, ICLR 2017, eq. 5"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.floor <= 1.0, "0 <= floor <= 1", self.floor)
        require(0 <= self.restarts <= 100, "0 <= restarts <= 100", self.restarts)
        require(1.0 <= self.growth <= 10.0, "1 <= growth <= 10", self.growth)

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return Curve(self._curve, steps, self.warmup_steps(steps))

    def _curve(self, step: int, steps: int) -> float:
        lengths = [self.growth**cycle for cycle in range(self.restarts + 1)]
        start = 0.0
        for length in lengths:
            cycle = length * steps / sum(lengths)
            # Rounded, so that the sum of cycles that fill the run exactly misses no step.
            if step < round(start + cycle, 6) or (length == lengths[-1] and step >= steps):
                break
            start += cycle
        share = min(1.0, max(0.0, (step - start) / cycle))
        return self.floor + (1.0 - self.floor) * (1.0 + math.cos(math.pi * share)) / 2.0
