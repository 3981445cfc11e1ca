"""The rate falls at fixed steps."""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule
from incay.trainables.schedules.falling import FallingSettings
from incay.trainables.schedules.warmup import WarmUp


@register_schedule("step")
@dataclass(frozen=True, kw_only=True)
class StepSettings(FallingSettings):
    """lr × factor^(milestones passed)."""

    citation = "papers A and B, sec. 4.1"

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return WarmUp(StepSchedule(self, steps), self.warmup_steps(steps))


class StepSchedule(Schedule):
    """The rate falls at fixed steps."""

    def __init__(self, settings: FallingSettings, steps: int) -> None:
        self._factor = settings.factor
        self._milestones = sorted(
            item if isinstance(item, int) else round(item * steps) for item in settings.milestones
        )

    def factor(self, step: int) -> float:
        """Return factor ** (milestones passed)."""
        passed = bisect.bisect_right(self._milestones, step)
        return float(self._factor**passed)
