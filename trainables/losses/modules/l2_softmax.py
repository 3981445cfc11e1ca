"""Softmax of features of one norm."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from incay.trainables.losses.modules.normalized import NormalizedLoss, unit_rows


class L2Softmax(NormalizedLoss):
    """See `L2SoftmaxSettings`."""

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return α·‖w_k‖·cos θ_k for every class."""
        return F.linear(self.scale * unit_rows(features_BD), self.weight)
