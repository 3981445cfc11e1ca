"""The gradient of a margin: the formula's own, or that of the logit without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require


@dataclass(frozen=True, kw_only=True)
class MarginGradientSettings(LossSettings):
    """Settings of a loss whose margin may be left out of its gradient.

    Attributes:
        gradient: ``exact``, that of the formula, or ``straight_through``: the logit's value has the
            margin, its gradient is that of s·cos θ.
    """

    gradient: Literal["exact", "straight_through"] = "exact"

    def __post_init__(self) -> None:
        known = self.gradient in ("exact", "straight_through")
        require(known, "gradient in {exact, straight_through}", self.gradient)

    @property
    def stops_gradient(self) -> bool:
        """Whether the gradient is another one than that of the values, on purpose."""
        return self.gradient == "straight_through"
