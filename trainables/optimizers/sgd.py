"""Stochastic gradient descent with momentum, under the authors' per-parameter rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incay.trainables.optimizers import register_optimizer
from incay.trainables.optimizers.base import OptimizerSettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    import torch


@register_optimizer("sgd")
@dataclass(frozen=True, kw_only=True)
class SGDSettings(OptimizerSettings):
    """v ← m·v + g + μ·w; w ← w − lr·v. Nesterov: w ← w − lr·(g + μ·w + m·v).

    Weights: lr, weight decay μ. Biases: lr × `bias_lr_multiplier`, none. Batch-norm parameters: lr,
    none. (L-Softmax and SphereFace authors' published settings.) Slopes of PReLU count as weights:
    the SphereFace authors set nothing for them, which is Caffe's way of saying so. So do the
    weights of other norms, which the authors' networks do not have.

    Attributes:
        lr: Learning rate; 0.1 in both papers.
        momentum: m; 0.9 in both papers.
        weight_decay: μ; 0.0005 in both papers.
        bias_lr_multiplier: 2 in the L-Softmax and SphereFace authors' settings.
        nesterov: Whether the step looks ahead (Sutskever et al., ICML 2013).
    """

    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    bias_lr_multiplier: float = 2.0
    nesterov: bool = False

    citation = "papers A and B, sec. 4.1; Sutskever et al., ICML 2013, eq. 1-4"
    search_space = {"lr": "log 1e-3 .. 1.0", "weight_decay": "log 1e-5 .. 1e-2"}
    only_batch_norm = True
    stacked_by = "sgd"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.momentum < 1.0, "0 <= momentum < 1", self.momentum)
        fits = self.momentum > 0.0 or not self.nesterov
        require(fits, "momentum > 0 where nesterov is true", self.momentum)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser."""
        from incay.trainables.optimizers.modules.sgd import sgd

        return sgd(self, groups)
