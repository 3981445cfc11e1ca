"""The rate stays."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule, ScheduleSettings
from incay.trainables.schedules.warmup import Curve


@register_schedule("constant")
@dataclass(frozen=True, kw_only=True)
class ConstantSettings(ScheduleSettings):
    """lr, after the warm-up."""

    citation = "Goyal et al., Accurate, Large Minibatch SGD, 2017, sec. 2.2, of the warm-up"

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return Curve(lambda *_: 1.0, steps, self.warmup_steps(steps))
