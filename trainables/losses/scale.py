"""The scale of losses whose authors derive it from the number of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require_finite


@dataclass(frozen=True, kw_only=True)
class ScaledLossSettings(LossSettings):
    """Settings of a loss with a scale α that may follow from the number of classes.

    Attributes:
        scale: α, or ``auto``: the authors' bound for K classes.
    """

    scale: float | Literal["auto"] = "auto"

    search_space = {"scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        if self.scale != "auto":
            require_finite("scale", self.scale, low_open=True)

    def scale_for(self, num_classes: int) -> float:
        """Return α for K classes."""
        return self.bound(num_classes) if self.scale == "auto" else self.scale

    @staticmethod
    def bound(num_classes: int) -> float:
        """Return the authors' bound on α for K classes."""
        raise NotImplementedError
