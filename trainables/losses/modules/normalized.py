"""Softmax over features of unit length: what L2-softmax, NormFace, COCO and others share.

Logits are s·cos θ_k, or s·‖w_k‖·cos θ_k where a loss leaves the weights as they are. Features
are scaled before the product, so that no second (batch, classes) matrix exists.

The gradients are written out, because autograd's own keep and make several times as many matrices
of the classifier's size, which dominate time and memory where there are 10,000 classes.

Shape suffixes: B batch, D feature dimension, K classes, N any rows, R rows of a block.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from incay.trainables.losses.modules.base import ClassifierLoss

SHORTEST = 1e-12
"""A vector that is not longer than this has no direction."""
BLOCK_ROWS = 512
"""The weights' gradient is finished in blocks that stay in a CPU's cache; a GPU does it at once."""
SMALLEST_SCALE = 0.01
"""A learned scale stays at least this (NormFace authors' published settings)."""


def unit_rows(vectors_ND: Tensor) -> Tensor:
    """Return each row divided by its norm.

    A row without direction becomes 0 with gradient 0: its true gradient, which grows as
    1/norm, would end a training run because of one dead sample.
    """
    unit_ND: Tensor = _UnitRows.apply(vectors_ND)[0]
    return unit_ND


def unit_class_scores(features_BD: Tensor, weight_KD: Tensor) -> Tensor:
    """Return f · w_k/‖w_k‖ for every class: (B, K).

    A weight without direction is treated as `unit_rows` does. The product is divided by the norms,
    so that there is no copy of the weights at unit length.
    """
    scores_BK: Tensor = _UnitClassScores.apply(features_BD, weight_KD)[0]
    return scores_BK


def _inverse_norms(vectors_ND: Tensor) -> Tensor:
    norm_N: Tensor = torch.linalg.vector_norm(vectors_ND, dim=-1)
    return norm_N.masked_fill(norm_N <= SHORTEST, torch.inf).reciprocal()


class _UnitRows(torch.autograd.Function):
    """u = v/‖v‖ with ∂L/∂v = (g − (g·u)u)/‖v‖ for g = ∂L/∂u."""

    @staticmethod
    def forward(vectors_ND: Tensor) -> tuple[Tensor, Tensor]:
        inverse_N1 = _inverse_norms(vectors_ND).unsqueeze(-1)
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


class _UnitClassScores(torch.autograd.Function):
    """z_k = f · w_k/‖w_k‖; the gradient of w_k is as in `_UnitRows`."""

    generate_vmap_rule = True

    @staticmethod
    def forward(features_BD: Tensor, weight_KD: Tensor) -> tuple[Tensor, Tensor]:
        inverse_K = _inverse_norms(weight_KD)
        return F.linear(features_BD, weight_KD).mul_(inverse_K), inverse_K

    @staticmethod
    def setup_context(
        ctx: Any, inputs: tuple[Tensor, Tensor], output: tuple[Tensor, Tensor]
    ) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*inputs, output[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_BK: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        features_BD, weight_KD, inverse_K = ctx.saved_tensors
        gradient_BK = gradient_BK * inverse_K
        gradient_KD = gradient_BK.T @ features_BD
        rows = BLOCK_ROWS if weight_KD.device.type == "cpu" else len(weight_KD)
        blocks = (whole.split(rows) for whole in (gradient_KD, weight_KD, inverse_K))
        for gradient_RD, weight_RD, inverse_R in zip(*blocks, strict=True):
            along_R = torch.linalg.vecdot(gradient_RD, weight_RD) * inverse_R.square()
            gradient_RD.sub_(along_R.unsqueeze(1) * weight_RD)
        return gradient_BK @ weight_KD, gradient_KD


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
        return unit_class_scores(self.scale * unit_rows(features_BD), self.weight)

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Keep a learned scale positive."""
        del features_BD, labels_B
        if self._learned:
            assert isinstance(self.scale, Tensor)
            # Not clamp_, which PyTorch cannot run for several trials at once.
            self.scale.copy_(self.scale.clamp(min=SMALLEST_SCALE))
