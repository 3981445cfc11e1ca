"""Settings of averaged weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from incay.trainables.settings import Settings, require

if TYPE_CHECKING:
    from torch import nn

    from incay.trainables.averaging.modules.average import WeightAverage


@dataclass(frozen=True, kw_only=True)
class AverageSettings(Settings):
    """An average of weights over steps, which is evaluated and kept. Training goes on without it.

    Attributes:
        name: ``none``; ``ema``: a moving average, θ̄ ← d·θ̄ + (1 − d)·θ (Polyak and Juditsky 1992;
            as in Szegedy et al., CVPR 2016, section 8); ``swa``: the mean of the last part of
            training (Izmailov et al., UAI 2018).
        decay: d of ``ema``; 0.999 is PyTorch's.
        warmup: Whether d begins small, min(d, (1 + n)/(10 + n)) at the n-th average, as in
            TensorFlow's `ExponentialMovingAverage`. PyTorch has none and timm leaves it off, for
            trainings of 10⁵ steps and more: of 1,000 steps, an average of d = 0.999 without it is
            to a third the initial weights.
        start: Of ``swa``, the share of all steps that come before the first average; the authors
            train 75 % of their budget as usual.
        every: Steps from one average to the next.
    """

    name: Literal["none", "ema", "swa"] = "none"
    decay: float = 0.999
    warmup: bool = True
    start: float = 0.75
    every: int = 1

    def __post_init__(self) -> None:
        require(self.name in ("none", "ema", "swa"), "name in {none, ema, swa}", self.name)
        require(0.0 < self.decay < 1.0, "0 < decay < 1", self.decay)
        require(0.0 <= self.start < 1.0, "0 <= start < 1", self.start)
        require(1 <= self.every <= 10**6, "1 <= every <= 10^6", self.every)

    @property
    def active(self) -> bool:
        """Whether weights are averaged."""
        return self.name != "none"

    def first(self, steps: int) -> int:
        """Return after how many of all steps the first average is taken."""
        before = round(self.start * steps) if self.name == "swa" else 0
        return before + self.every

    def build(self, steps: int, network: nn.Module, loss: nn.Module) -> WeightAverage:
        """Return what averages.

        Args:
            steps: Optimiser steps of the trial.
            network: Whose weights.
            loss: The classifier.
        """
        from incay.trainables.averaging.modules.average import WeightAverage

        return WeightAverage(self, steps, network, loss)

    def alone_because(self) -> str:
        """Return why its trials cannot train as one computation; nothing if they may."""
        return f"average.name: {self.name} keeps weights of one trial" if self.active else ""
