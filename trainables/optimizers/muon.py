"""Muon: the momentum of hidden layers, made orthogonal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    import torch


@register_optimizer("muon")
@dataclass(frozen=True, kw_only=True)
class MuonSettings(OptimizerSettings):
    """W ← W − lr·√max(1, rows/columns)·UVᵀ of the momentum USVᵀ, for matrices of hidden layers.

    A convolution's filter is one row. UVᵀ comes from a Newton-Schulz iteration of five steps, and
    so roughly. All other parameters (the classifier, biases, norms) are AdamW's, with β₁ = 0.9,
    β₂ = 0.95 and ε = 10⁻¹⁰ as in the author's code. PyTorch has Muon for matrices only.

    Attributes:
        lr: Of the matrices; 0.02 is the author's value.
        weight_decay: μ, multiplied by the learning rate; the author has none.
        momentum: 0.95 is the author's value.
        nesterov: Whether the step looks ahead, as the author's does.
        iterations: Steps of Newton-Schulz; 5 is the author's value.
        adam_lr: The learning rate of all other parameters; 0.0003 is the author's value.
    """

    lr: float = 0.02
    weight_decay: float = 0.0
    momentum: float = 0.95
    nesterov: bool = True
    iterations: int = 5
    adam_lr: float = 3e-4

    citation = "Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024"
    search_space = {"lr": "log 1e-3 .. 0.1", "adam_lr": "log 1e-5 .. 1e-2"}
    apart = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.momentum < 1.0, "0 <= momentum < 1", self.momentum)
        require(1 <= self.iterations <= 20, "1 <= iterations <= 20", self.iterations)
        require_finite("adam_lr", self.adam_lr, low_open=True)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.muon import Muon

        return Muon(self, groups)
