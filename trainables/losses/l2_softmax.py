"""L2-constrained softmax (L2-softmax)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.scale import ScaledLossSettings

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


TARGET_PROBABILITY = 0.9
"""p in the bound on α: the target's probability that is to be reached on average."""


@register_loss("l2-softmax")
@dataclass(frozen=True, kw_only=True)
class L2SoftmaxSettings(ScaledLossSettings):
    """−log softmax(W·αf/‖f‖)_y: softmax of features whose norm is α (Ranjan et al. 2017, eq. 3).

    Weights are not normalised. Here, too, the classifier has no bias (both papers, 3.1).

    Attributes:
        scale: α, or ``auto``: the authors' lower bound log(p(K − 2)/(1 − p)) with p = 0.9 for
            K classes; 4.28 for K = 10, 11.46 for K = 10,572.
        learned: Whether α is learned, starting from `scale`; the authors try both.
    """

    learned: bool = False

    soft_labels = True
    citation = (
        "Ranjan et al., L2-constrained Softmax Loss for Discriminative Face Verification, 2017; "
        "paper A, section 2"
    )

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.l2_softmax import L2Softmax

        scale = self.scale_for(num_classes)
        return L2Softmax(num_features, num_classes, scale=scale, learned=self.learned)

    @staticmethod
    def bound(num_classes: int) -> float:
        """Return log(p(K − 2)/(1 − p)), taking fewer than three classes as three."""
        odds = TARGET_PROBABILITY / (1.0 - TARGET_PROBABILITY)
        return math.log(odds * max(num_classes - 2, 1))
