"""RMSprop: steps scaled by a running mean of the squared gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    import torch


@register_optimizer("rmsprop")
@dataclass(frozen=True, kw_only=True)
class RMSpropSettings(OptimizerSettings):
    """s ← a·s + (1 − a)·g²; w ← w − lr·g/(√s + ε) (Hinton's lecture 6e, 2012).

    Attributes:
        lr: 0.001 is the lecture's value.
        smoothing: a; 0.9 is the lecture's value.
        momentum: Share of the last step that a step keeps.
        epsilon: ε.
        centered: Whether s is the variance: the square of the mean gradient is taken from it
            (Graves 2013, eq. 38-41).
    """

    lr: float = 0.001
    smoothing: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-8
    centered: bool = False

    citation = "Tieleman & Hinton, Lecture 6e, Neural Networks for Machine Learning, 2012"
    search_space = {"lr": "log 1e-5 .. 1e-2", "smoothing": "0.8 .. 0.99"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.smoothing < 1.0, "0 <= smoothing < 1", self.smoothing)
        require(0.0 <= self.momentum < 1.0, "0 <= momentum < 1", self.momentum)
        require_finite("epsilon", self.epsilon, low_open=True)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.rmsprop import rmsprop

        return rmsprop(self, groups)
