"""Angular softmax (A-Softmax), the loss of SphereFace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.angular import AngularMarginSettings

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("a-softmax")
@dataclass(frozen=True, kw_only=True)
class ASoftmaxSettings(AngularMarginSettings):
    """Softmax with ‖w_j‖ = 1 for every class and target logit ‖f‖ψ(θ_y) (Liu et al. 2017, eq. 7).

    Features are not normalised. Margin 1 is the authors' "modified softmax" (eq. 5).
    Defaults are the SphereFace authors' published training settings. Gradients are those of
    the formula; the authors' own layer rescales them instead.
    """

    margin: int = 4
    base: float = 1000.0
    gamma: float = 0.12
    power: float = 1.0
    min_weight: float = 5.0

    citation = "Liu et al., SphereFace, CVPR 2017, eq. 5-7; paper A, section 4.2"

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.a_softmax import ASoftmax

        return ASoftmax(self, num_features, num_classes)
