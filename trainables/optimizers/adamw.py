"""AdamW: Adam with weight decay apart from the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.optimizers.betas import require_betas
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    import torch


@register_optimizer("adamw")
@dataclass(frozen=True, kw_only=True)
class AdamWSettings(OptimizerSettings):
    """w ← w − lr·μ·w − lr·m̂/(√v̂ + ε) (Loshchilov & Hutter, ICLR 2019, algorithm 2).

    Attributes:
        lr: 0.001 as in the authors' experiments and Adam's.
        weight_decay: μ, multiplied by the learning rate; 0.01 is PyTorch's value.
        beta1: Share of the old mean of gradients that a step keeps; 0.9 is the authors' value.
        beta2: The same of their squares; 0.999 is the authors' value.
        epsilon: ε; 10⁻⁸ is the authors' value.
    """

    lr: float = 0.001
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    citation = "Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2"
    search_space = {"lr": "log 1e-5 .. 1e-2", "weight_decay": "log 1e-4 .. 1.0"}
    stacked_by = "adamw"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_betas(self.beta1, self.beta2)
        require_finite("epsilon", self.epsilon, low_open=True)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.adamw import adamw

        return adamw(self, groups)
