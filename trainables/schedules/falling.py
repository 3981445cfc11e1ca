"""Settings that ``step`` and ``plateau`` share: they were one, and stand so in old records."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.schedules.base import ScheduleSettings
from incay.trainables.settings import require, require_finite


@dataclass(frozen=True, kw_only=True)
class FallingSettings(ScheduleSettings):
    """The learning rate is multiplied by a factor, at milestones or on a plateau.

    Each of the two kinds has the other's settings as well, which do nothing there.

    Attributes:
        factor: The learning rate is multiplied by it; 0.1 in both papers.
        milestones: For ``step``: whole numbers are steps, fractions in (0, 1) are shares of
            all steps, so that a shortened run keeps its shape. The L-Softmax authors' MNIST
            settings are 5,000 and 7,500 of 10,000 steps.
        drops: For ``plateau``: how often the rate falls at most.
        patience: For ``plateau``: reports without progress before it falls.
        min_delta: For ``plateau``: the fall of the training error that counts as progress.
    """

    factor: float = 0.1
    milestones: tuple[int | float, ...] = (0.5, 0.75)
    drops: int = 3
    patience: int = 2
    min_delta: float = 0.0005

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 < self.factor < 1.0, "0 < factor < 1", self.factor)
        for milestone in self.milestones:
            fits = milestone > 0 and (isinstance(milestone, int) or milestone < 1)
            require(fits, "each milestone is a step > 0 or a fraction in (0, 1)", milestone)
        require(self.drops >= 0, "drops >= 0", self.drops)
        require(self.patience >= 1, "patience >= 1", self.patience)
        require_finite("min_delta", self.min_delta)
