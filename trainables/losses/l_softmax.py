"""Large-margin softmax (L-Softmax)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.angular import AngularMarginSettings

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("l-softmax")
@dataclass(frozen=True, kw_only=True)
class LSoftmaxSettings(AngularMarginSettings):
    """Softmax whose target logit is ‖w_y‖‖f‖ψ(θ_y) (Liu et al. 2016, eq. 4-6).

    Defaults are the authors' published MNIST settings; their CIFAR-10 settings are margin 2,
    gamma 0.00002 (0.00001 with random crops), power 45.
    """

    margin: int = 4
    base: float = 1000.0
    gamma: float = 0.000025
    power: float = 35.0
    min_weight: float = 0.0

    citation = "Liu et al., Large-Margin Softmax Loss, ICML 2016; paper A, section 2"

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.l_softmax import LSoftmax

        return LSoftmax(self, num_features, num_classes)
