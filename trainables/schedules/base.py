"""The contract of a schedule: settings, and the small object with a state that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from incay.trainables.settings import Component, require


class Schedule:
    """Gives the factor of the learning rate. One without a state is its `factor` alone."""

    def factor(self, step: int) -> float:
        """Return the factor for the step that follows `step` finished ones."""
        raise NotImplementedError

    def report(self, train_error: float) -> None:
        """Take in the training error (%) of the reporting interval that just ended."""

    def state_dict(self) -> dict[str, Any]:
        """Return what must be kept to resume."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a kept state."""


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings(Component):
    """Settings of a schedule.

    Attributes:
        warmup: The learning rate rises in equal steps to its value (Goyal et al. 2017): a share of
            all steps in (0, 1), or whole steps; a study may also write ``5 epochs``. 0 is off.
    """

    warmup: int | float = 0

    def __post_init__(self) -> None:
        whole = isinstance(self.warmup, int) or self.warmup == 0
        fits = self.warmup >= 0 and (whole or self.warmup < 1)
        require(fits, "warmup is 0, a number of steps or a share in (0, 1)", self.warmup)

    def build(self, steps: int) -> Schedule:
        """Return the schedule of a run of `steps` steps, warm-up included."""
        raise NotImplementedError

    def warmup_steps(self, steps: int) -> int:
        """Return how many steps of a run warm up."""
        given = self.warmup
        return min(steps, given if isinstance(given, int) else round(given * steps))
