"""L-Softmax's margin: w_y as it is."""

from __future__ import annotations

from torch import Tensor

from incay.trainables.losses.modules.angular import AngularMarginLoss
from incay.trainables.losses.modules.target import own_class


class LSoftmax(AngularMarginLoss):
    """See `LSoftmaxSettings`."""

    def target_scale(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return ‖w_y‖‖f‖."""
        weight_norm_B: Tensor = own_class(self.weight, labels_B).norm(dim=1)
        feature_norm_B: Tensor = features_BD.norm(dim=1)
        return weight_norm_B * feature_norm_B
