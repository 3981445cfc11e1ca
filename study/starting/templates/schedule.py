"""A schedule of your own: how the learning rate changes while a trial trains.

A study uses it by `uses: [mine.py]` and `schedule: mine`, or `schedule: {kind: mine, last: 0.1}`.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from incay.components import Schedule, ScheduleSettings, register_schedule, require


@register_schedule("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(ScheduleSettings):
    """lr × last^(t/T) after t of T steps: write your equation here.

    `warmup` is a setting of every schedule: steps, or a share of them.

    Attributes:
        last: A setting of yours. Numbers, texts, true and false, Literals and tuples of these.
    """

    last: float = 0.01

    citation = "where it comes from: paper, section, equation"
    # A range worth searching: `incay methods` shows it.
    search_space = {"last": "log 1e-4 .. 1.0"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 < self.last <= 1.0, "0 < last <= 1", self.last)

    def build(self, steps: int) -> Schedule:
        """Return the schedule of a run of `steps` steps, warm-up included."""
        return MineSchedule(self, steps)


class MineSchedule(Schedule):
    """See `MineSettings`.

    One that listens to training has `report`, and keeps plain values by `state_dict` and
    `load_state_dict`; this one depends on the step alone.
    """

    def __init__(self, settings: MineSettings, steps: int) -> None:
        self.last = settings.last
        self.steps = steps
        self.warmup = settings.warmup_steps(steps)

    def factor(self, step: int) -> float:
        """Return the factor of the learning rate for the step that follows `step` finished ones."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        return float(rise * self.last ** (step / self.steps))
