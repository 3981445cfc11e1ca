"""A-Softmax's margin: w_y at unit length."""

from __future__ import annotations

from torch import Tensor

from incay.trainables.losses.modules.angular import AngularMarginLoss
from incay.trainables.losses.modules.normalized import unit_class_scores


class ASoftmax(AngularMarginLoss):
    """See `ASoftmaxSettings`."""

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return ‖f‖cos θ_k for every class."""
        return unit_class_scores(features_BD, self.weight)

    def target_scale(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return ‖f‖."""
        del labels_B
        norm_B: Tensor = features_BD.norm(dim=1)
        return norm_B
