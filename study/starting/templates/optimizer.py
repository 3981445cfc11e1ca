"""An optimiser of your own: how weights change by their gradients.

A study uses it by `uses: [mine.py]` and `optimizer: mine`, or `optimizer: {name: mine, lr: 0.001}`.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from incay.components import OptimizerSettings, register_optimizer, require


@register_optimizer("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(OptimizerSettings):
    """m ← β·m + (1 − β)·g; w ← w − lr·(m + μ·w): write your equation here.

    Clipping, parts of a batch, which parameters have decay: every optimiser has these settings.

    Attributes:
        beta: A setting of yours. Numbers, texts, true and false, Literals and tuples of these.
    """

    lr: float = 0.1
    weight_decay: float = 5e-4
    beta: float = 0.9

    citation = "where it comes from: paper, section, equation"
    # Ranges worth searching: `incay methods` shows them.
    search_space = {"lr": "log 1e-3 .. 1.0", "beta": "0.5 .. 0.99"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.beta < 1.0, "0 <= beta < 1", self.beta)

    def build(self, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
        """Return the optimiser over groups of parameters."""
        return MineOptimizer(groups, {"lr": self.lr, "beta": self.beta})


class MineOptimizer(torch.optim.Optimizer):
    """See `MineSettings`."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take a step; training gives no closure.

        Each group has its `weight_decay`, and the loop has set its `lr`. What is kept from step to
        step lies in `self.state`, so that a trial can be resumed.
        """
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["mean"] = torch.zeros_like(weight)
                state["mean"].lerp_(weight.grad, 1.0 - group["beta"])
                weight.mul_(1.0 - group["lr"] * group["weight_decay"])
                weight.sub_(state["mean"], alpha=group["lr"])
