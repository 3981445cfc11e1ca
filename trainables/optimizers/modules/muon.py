"""Muon for filters and matrices, with AdamW for the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from incay.trainables.optimizers.muon import MuonSettings

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of the author's iteration: X ← a·X + b·(XXᵀ)X + c·(XXᵀ)²X."""
_BETA1, _BETA2, _EPSILON = 0.9, 0.95, 1e-10
_TINY = 1e-7


class Muon(torch.optim.Optimizer):
    """See `MuonSettings`.

    Args:
        settings: What a study says.
        groups: Of parameters; those with ``hidden`` are Muon's.
    """

    def __init__(self, settings: MuonSettings, groups: list[dict[str, Any]]) -> None:
        self._settings = settings
        share = settings.adam_lr / settings.lr
        for group in groups:
            if not group["hidden"]:
                group["lr_factor"] *= share
        super().__init__(groups, {"lr": settings.lr, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take a step."""
        del closure  # the loop computes gradients by itself
        for group in self.param_groups:
            lr = group["lr"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                parameter.mul_(1.0 - lr * group["weight_decay"])
                if group["hidden"]:
                    parameter.sub_(self._orthogonal_step(parameter), alpha=lr)
                else:
                    parameter.sub_(self._adam_step(parameter), alpha=lr)

    def _orthogonal_step(self, parameter: Tensor) -> Tensor:
        """Return the step at a learning rate of 1."""
        state, gradient, momentum = self.state[parameter], parameter.grad, self._settings.momentum
        assert gradient is not None
        if not state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum_buffer"].lerp_(gradient, 1.0 - momentum)
        update = gradient.lerp(buffer, momentum) if self._settings.nesterov else buffer
        matrix = update.reshape(len(update), -1)
        rows, columns = matrix.shape
        step = orthogonal(matrix, self._settings.iterations) * math.sqrt(max(1.0, rows / columns))
        return step.reshape(parameter.shape)

    def _adam_step(self, parameter: Tensor) -> Tensor:
        """Return AdamW's step at a learning rate of 1, without its weight decay."""
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state |= {"step": 0, "mean": torch.zeros_like(parameter)}
            state["square"] = torch.zeros_like(parameter)
        state["step"] += 1
        state["mean"].lerp_(gradient, 1.0 - _BETA1)
        state["square"].lerp_(gradient.square(), 1.0 - _BETA2)
        mean: Tensor = state["mean"] / (1.0 - _BETA1 ** state["step"])
        square: Tensor = state["square"] / (1.0 - _BETA2 ** state["step"])
        return mean / (square.sqrt() + _EPSILON)


def orthogonal(matrix: Tensor, iterations: int) -> Tensor:
    """Return roughly UVᵀ of a matrix USVᵀ, of the matrix's shape.

    Singular values end between about 0.7 and 1.2 after five iterations, which the author found to
    serve as well as 1. In float32: on a GPU the author takes bfloat16, which is faster.
    """
    wide: Tensor = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=_TINY)
    a, b, c = _QUINTIC
    for _ in range(iterations):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
