"""Losses of a row of logits whose gradient is made beside their value.

Autograd would keep each matrix that a formula passes through. A sample's loss depends on its own
logits alone, so that its gradient is one row: the matrix of them is all that is kept, as for
softmax.

Shape suffixes: B batch, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Compute = Callable[..., tuple[Tensor, ...]]
"""Maps logits (B, K), which it must leave as they are, and further tensors to the loss (B,), its
gradient by logits (B, K), and its gradients (B,) by the first of the further tensors, which are
(B,). By those that are left there is no gradient."""


def row_loss(compute: Compute, logits_BK: Tensor, *further: Tensor) -> Tensor:
    """Return each sample's loss: (B,).

    Args:
        compute: What makes value and gradients. All tensors that it takes are arguments, so that
            several trials can be computed at once.
        logits_BK: The logits.
        further: Further tensors.
    """
    loss_B: Tensor = _RowLoss.apply(compute, logits_BK, *further)[0]
    return loss_B


def softmax_(logits_BK: Tensor) -> Tensor:
    """Turn logits into probabilities in place; return log Σ_k exp z_k: (B,)."""
    largest_B1 = logits_BK.amax(dim=1, keepdim=True)
    total_B1 = logits_BK.sub_(largest_B1).exp_().sum(dim=1, keepdim=True)
    logits_BK.div_(total_B1)
    return (total_B1.log() + largest_B1).squeeze(1)


class _RowLoss(torch.autograd.Function):
    """See `row_loss`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(compute: Compute, *tensors: Tensor) -> tuple[Tensor, ...]:
        return compute(*tensors)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        # No zeros of (batch, classes) in place of gradients that nobody has.
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*output[1:])
        ctx.save_for_backward(*output[1:])
        ctx.without = len(inputs) - len(output)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_B: Tensor | None, *_: None) -> tuple[Tensor | None, ...]:
        whole_BK, *own = ctx.saved_tensors
        without: list[None] = [None] * ctx.without
        if gradient_B is None:
            return (None, None, *[None] * len(own), *without)
        found = (each_B * gradient_B for each_B in own)
        return (None, whole_BK * gradient_B.unsqueeze(1), *found, *without)
