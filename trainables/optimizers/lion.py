"""Lion: steps of one size, in the direction of a momentum's signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.optimizers.betas import require_betas

if TYPE_CHECKING:
    import torch


@register_optimizer("lion")
@dataclass(frozen=True, kw_only=True)
class LionSettings(OptimizerSettings):
    """w ← w − lr·(sign(β₁·m + (1 − β₁)·g) + μ·w); m ← β₂·m + (1 − β₂)·g.

    All numbers move by lr, so that it is to be three to ten times smaller than AdamW's, and μ as
    much larger (section 5 of the paper).

    Attributes:
        lr: 0.0001 is the value of the authors' code.
        weight_decay: μ, multiplied by the learning rate; the authors' code has none.
        beta1: β₁; 0.9 is the authors' value.
        beta2: β₂; 0.99 is the authors' value.
    """

    lr: float = 1e-4
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.99

    citation = "Chen et al., Symbolic Discovery of Optimization Algorithms, NeurIPS 2023, alg. 2"
    search_space = {"lr": "log 1e-6 .. 1e-3", "weight_decay": "log 1e-3 .. 10.0"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require_betas(self.beta1, self.beta2)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.lion import Lion

        return Lion(groups, beta1=self.beta1, beta2=self.beta2)
