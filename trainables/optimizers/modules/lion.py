"""Lion, which PyTorch lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Lion(torch.optim.Optimizer):
    """See `LionSettings`.

    Args:
        groups: Of parameters.
        beta1: Of the mean that gives the direction.
        beta2: Of the mean that is kept.
    """

    def __init__(self, groups: list[dict[str, Any]], *, beta1: float, beta2: float) -> None:
        super().__init__(groups, {"lr": 0.0, "weight_decay": 0.0, "beta1": beta1, "beta2": beta2})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step."""
        del closure  # the loop computes gradients by itself
        for group in self.param_groups:
            lr, decay, beta1, beta2 = (group[k] for k in ("lr", "weight_decay", "beta1", "beta2"))
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["mean"] = torch.zeros_like(parameter)
                mean, gradient = state["mean"], parameter.grad
                direction = mean.lerp(gradient, 1.0 - beta1).sign_()
                parameter.mul_(1.0 - lr * decay).add_(direction, alpha=-lr)
                mean.lerp_(gradient, 1.0 - beta2)
