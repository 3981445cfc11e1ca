"""A fixed simplex ETF as the classifier, with dot regression or cross entropy.

Shape suffixes: B batch, D feature dimension, K classes, C = K − 1 directions.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from incay.trainables.losses.modules.base import Loss, LossOutput, Term
from incay.trainables.losses.modules.target import cross_entropy

if TYPE_CHECKING:
    from incay.trainables.losses.logits.etf import ETFSettings

SHORTEST = 1e-8
"""The authors take no norm for shorter than this."""


class ETF(Loss):
    """See `ETFSettings`. Evaluation uses w_k · f. The weights are a buffer, not a parameter."""

    weight: Tensor

    def __init__(self, settings: ETFSettings, num_features: int, num_classes: int) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("weight", simplex(num_features, num_classes))  # (K, D)

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``dot_regression`` or ``cross_entropy``."""
        del step
        logits_BK = self.scores(features_BD)
        prediction_B = logits_BK.detach().argmax(dim=1)
        if self.settings.objective == "cross_entropy":
            each_B = cross_entropy(logits_BK, labels_B, lambda target_B: target_B)
            return LossOutput({"cross_entropy": Term(each_B)}, prediction_B)
        dot_B = torch.linalg.vecdot(features_BD, self.weight[labels_B])
        length_B = self._length(features_BD)
        each_B = 0.5 * (dot_B - length_B).square() / length_B
        return LossOutput({"dot_regression": Term(each_B)}, prediction_B)

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return w_k · f for every class."""
        return F.linear(features_BD, self.weight)

    def _length(self, features_BD: Tensor) -> Tensor:
        """Return H of each sample, without gradient."""
        if self.settings.length != "own":
            return torch.full_like(features_BD[:, 0], self.settings.length)
        norm_B: Tensor = torch.linalg.vector_norm(features_BD.detach(), dim=1)
        return norm_B.clamp_min(SHORTEST)


def simplex(num_features: int, num_classes: int) -> Tensor:
    """Return unit vectors (K, D) with cosines −1/(K − 1), turned at random; of one class, zeros.

    Args:
        num_features: D, at least K − 1.
        num_classes: K.
    """
    directions = num_classes - 1
    drawn_DC = torch.randn(num_features, directions, dtype=torch.float64)
    turned_DC: Tensor
    upper_CC: Tensor
    turned_DC, upper_CC = torch.linalg.qr(drawn_DC)
    # With the signs of R's diagonal the rotation is uniformly distributed.
    turned_DC = turned_DC * upper_CC.diagonal().sign()
    scale = math.sqrt(num_classes / max(directions, 1))
    return (scale * _helmert(num_classes) @ turned_DC.T).float()


def _helmert(num_classes: int) -> Tensor:
    """Return orthonormal columns (K, C), orthogonal to 1: BBᵀ = I − 11ᵀ/K."""
    count_C = torch.arange(1, num_classes, dtype=torch.float64)
    entries_KC = torch.ones(num_classes, num_classes - 1, dtype=torch.float64).triu()
    below_KC = torch.diag_embed(-count_C, offset=-1)[:, : num_classes - 1]
    return (entries_KC + below_KC) / (count_C * (count_C + 1.0)).sqrt()
