"""Adam: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.optimizers.betas import require_betas
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    import torch


@register_optimizer("adam")
@dataclass(frozen=True, kw_only=True)
class AdamSettings(OptimizerSettings):
    """w ← w − lr·m̂/(√v̂ + ε), m and v means of g and g² (Kingma & Ba, ICLR 2015, algorithm 1).

    Weight decay is added to the gradient: g ← g + μ·w. That of `adamw` is not.

    Attributes:
        lr: α; 0.001 is the authors' value.
        weight_decay: μ; the authors have none.
        beta1: Share of the old mean of gradients that a step keeps; 0.9 is the authors' value.
        beta2: The same of their squares; 0.999 is the authors' value.
        epsilon: ε; 10⁻⁸ is the authors' value.
    """

    lr: float = 0.001
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    citation = "Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1"
    search_space = {"lr": "log 1e-5 .. 1e-2"}
    stacked_by = "adam"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_betas(self.beta1, self.beta2)
        require_finite("epsilon", self.epsilon, low_open=True)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.adam import adam

        return adam(self, groups)
