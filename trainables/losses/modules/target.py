"""The target's logit and class vector without a second matrix of the classifier's size.

Autograd's gradient of `logits[row, label]` is a (batch, classes) matrix of zeros but for one number
in each row, that of `weight[label]` a (classes, features) matrix; to make, fill and add them takes
longer than all other work on the targets. Here the few numbers are put where they belong.

Small matrices take the plain way: there it costs nothing, and `torch.func` can follow it.

Shape suffixes: B batch, D feature dimension, K classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

LARGE = 2**20
"""Numbers in a matrix of which another copy takes noticeable time."""


def cross_entropy(
    logits_BK: Tensor, labels_B: Tensor, change: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return each sample's cross entropy with its target's logit changed: (B,).

    Args:
        logits_BK: They change in place, and nothing else may use them afterwards.
        labels_B: The targets.
        change: Maps the targets' logits (B,) to what takes their place; returning its very
            argument leaves the logits as they are.
    """
    large = logits_BK.numel() >= LARGE
    row_B = torch.arange(len(labels_B), device=labels_B.device)
    if large:
        logits_BK, target_B = _Take.apply(logits_BK, row_B, labels_B)
    else:
        # Indexing, not gather: gather keeps the logits for its gradient, which then refuses
        # that they change in place.
        target_B = logits_BK[row_B, labels_B]
    changed_B = change(target_B)
    if changed_B is not target_B:
        if large:
            logits_BK = _Put.apply(logits_BK, changed_B, row_B, labels_B)
        else:
            logits_BK[row_B, labels_B] = changed_B
    return F.cross_entropy(logits_BK, labels_B, reduction="none")


def own_class(weight_KD: Tensor, labels_B: Tensor) -> Tensor:
    """Return each sample's own class vector w_y: (B, D)."""
    if weight_KD.numel() < LARGE:
        return weight_KD[labels_B]
    # The rows' gradient is sparse and is added to the dense one that the logits have.
    return F.embedding(labels_B, weight_KD, sparse=True)


# Both gradients below change what they are given. It is nobody else's: the cross entropy above
# makes it, and each passes it on to the other or to the classifier.


class _Take(torch.autograd.Function):
    """(z, z_y); the gradient of z_y is added to z's in place."""

    @staticmethod
    def forward(
        ctx: Any, logits_BK: Tensor, row_B: Tensor, labels_B: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.set_materialize_grads(False)
        ctx.mark_dirty(logits_BK)  # what `_Put` may change is not a view of what came
        ctx.save_for_backward(row_B, labels_B)
        return logits_BK, logits_BK[row_B, labels_B]

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, gradient_BK: Tensor | None, target_gradient_B: Tensor | None
    ) -> tuple[Tensor | None, None, None]:
        row_B, labels_B = ctx.saved_tensors
        if gradient_BK is not None and target_gradient_B is not None:
            gradient_BK[row_B, labels_B] += target_gradient_B
        return gradient_BK, None, None


class _Put(torch.autograd.Function):
    """z with z_y replaced; the gradient at z_y goes to what has taken its place."""

    @staticmethod
    def forward(
        ctx: Any, logits_BK: Tensor, changed_B: Tensor, row_B: Tensor, labels_B: Tensor
    ) -> Tensor:
        ctx.mark_dirty(logits_BK)
        ctx.save_for_backward(row_B, labels_B)
        logits_BK[row_B, labels_B] = changed_B
        return logits_BK

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_BK: Tensor) -> tuple[Tensor, Tensor, None, None]:
        row_B, labels_B = ctx.saved_tensors
        changed_B = gradient_BK[row_B, labels_B]
        gradient_BK[row_B, labels_B] = torch.zeros_like(changed_B)
        return gradient_BK, changed_B, None, None
