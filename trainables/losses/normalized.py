"""Softmax over features of unit length: what L2-softmax, NormFace, COCO and others share.

Logits are s·cos θ_k, or s·‖w_k‖·cos θ_k where a loss leaves the weights as they are. Features
are scaled before the product, so that no second (batch, classes) matrix exists.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from trainables.losses.base import ClassifierLoss

SHORTEST = 1e-12
"""A vector that is not longer than this has no direction."""
SMALLEST_SCALE = 0.01
"""A learned scale stays at least this (NormFace authors' published settings)."""


def unit_rows(vectors_ND: Tensor) -> Tensor:
    """Return each row divided by its norm.

    A row without direction becomes 0 with gradient 0: its true gradient, which grows as
    1/norm, would end a training run because of one dead sample.
    """
    unit_ND: Tensor = _UnitRows.apply(vectors_ND)[0]
    return unit_ND


class _UnitRows(torch.autograd.Function):
    """u = v/‖v‖ with ∂L/∂v = (g − (g·u)u)/‖v‖ for g = ∂L/∂u.

    Written out because the chain of division and norm keeps and makes several times as many
    matrices of the classifier's size, which dominate memory where there are 10,000 classes.
    """

    @staticmethod
    def forward(vectors_ND: Tensor) -> tuple[Tensor, Tensor]:
        norm_N1: Tensor = torch.linalg.vector_norm(vectors_ND, dim=-1, keepdim=True)
        inverse_N1 = norm_N1.masked_fill(norm_N1 <= SHORTEST, torch.inf).reciprocal()
        return vectors_ND * inverse_N1, inverse_N1

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        del inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*output)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_ND: Tensor, _: Tensor) -> Tensor:
        unit_ND, inverse_N1 = ctx.saved_tensors
        along_N1 = torch.linalg.vecdot(gradient_ND, unit_ND).unsqueeze(-1)
        return torch.addcmul(gradient_ND, along_N1, unit_ND, value=-1.0).mul_(inverse_N1)

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int], vectors: Tensor
    ) -> tuple[tuple[Tensor, Tensor], tuple[int, int]]:
        """Normalise the rows of several trials: only the last dimension matters."""
        del info
        return _UnitRows.apply(vectors.movedim(in_dims[0], 0)), (0, 0)


class NormalizedLoss(ClassifierLoss):
    """Cross entropy of s·cos θ_k.

    Args:
        num_features: D.
        num_classes: K.
        scale: s, or where it starts.
        learned: Whether s is a parameter; the optimiser treats it as a weight.
    """

    scale: nn.Parameter | float

    def __init__(
        self, num_features: int, num_classes: int, *, scale: float, learned: bool = False
    ) -> None:
        super().__init__(num_features, num_classes)
        self.scale = nn.Parameter(torch.tensor(float(scale))) if learned else scale
        self._learned = learned

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return s·cos θ_k for every class."""
        return F.linear(self.scale * unit_rows(features_BD), self.class_vectors())

    def class_vectors(self) -> Tensor:
        """Return what features are compared with: (K, D), each w_k at unit length."""
        return unit_rows(self.weight)

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Keep a learned scale positive."""
        del features_BD, labels_B
        if self._learned:
            assert isinstance(self.scale, Tensor)
            self.scale.clamp_(min=SMALLEST_SCALE)
