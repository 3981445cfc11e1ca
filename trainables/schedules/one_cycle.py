"""The rate rises to its value, and falls far below its beginning."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from incay.trainables.schedules import register_schedule
from incay.trainables.schedules.base import Schedule, ScheduleSettings
from incay.trainables.settings import require


@register_schedule("one_cycle")
@dataclass(frozen=True, kw_only=True)
class OneCycleSettings(ScheduleSettings):
    """From lr/div to lr over the warm-up, then to lr/(div·final_div), by cosines or straight.

    The momentum stays: fast.ai's and PyTorch's policy moves it the other way.

    Attributes:
        warmup: The rising part, a share of all steps or whole steps; 0.3 is PyTorch's value.
        div: 25 is PyTorch's value.
        final_div: 10⁴ is PyTorch's value.
        anneal: ``cosine`` or ``linear``.
    """

    warmup: int | float = 0.3
    div: float = 25.0
    final_div: float = 1e4
    anneal: Literal["cosine", "linear"] = "cosine"

    citation = "Smith & Topin, Super-Convergence, 2019, sec. 3; fast.ai's cosine form"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1.0 <= self.div <= 1e9, "1 <= div <= 10^9", self.div)
        require(1.0 <= self.final_div <= 1e9, "1 <= final_div <= 10^9", self.final_div)
        require(self.anneal in ("cosine", "linear"), "anneal in {cosine, linear}", self.anneal)

    def build(self, steps: int) -> Schedule:
        """Return the schedule."""
        return OneCycle(self, steps)


class OneCycle(Schedule):
    """A rise and a fall, which share the step at the top."""

    def __init__(self, settings: OneCycleSettings, steps: int) -> None:
        self._settings = settings
        share = settings.warmup
        rising = float(share) if isinstance(share, int) else share * steps
        self._top = max(0.0, min(rising, float(steps)) - 1.0)
        self._last = max(1.0, steps - 1.0)

    def factor(self, step: int) -> float:
        """Return the factor for the step that follows `step` finished ones."""
        low, lowest = 1.0 / self._settings.div, 1.0 / self._settings.div / self._settings.final_div
        if step <= self._top and self._top > 0.0:
            return self._between(low, 1.0, step / self._top)
        if self._last <= self._top:
            return 1.0
        return self._between(1.0, lowest, (step - self._top) / (self._last - self._top))

    def _between(self, first: float, last: float, share: float) -> float:
        if self._settings.anneal == "linear":
            return first + (last - first) * share
        return last + (first - last) / 2.0 * (1.0 + math.cos(math.pi * share))
