"""What L-Softmax and A-Softmax share: a multiplicative angular margin, annealed in.

The target's logit ‖w_y‖‖f‖cos θ becomes ‖w_y‖‖f‖ψ(θ). During training it is blended with the
plain one, (λ_t·plain + margin) / (1 + λ_t), and λ_t falls from `base` to `min_weight`
(`incay.trainables.losses.modules.margin`, which also says how the authors' layers count t).
No other logit changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss
from incay.trainables.losses.modules.margin import annealing_weight, psi

if TYPE_CHECKING:
    from incay.trainables.losses.angular import AngularMarginSettings


class AngularMarginLoss(ClassifierLoss):
    """Softmax whose target logit has an angular margin. Evaluation uses plain logits."""

    def __init__(
        self, settings: AngularMarginSettings, num_features: int, num_classes: int
    ) -> None:
        super().__init__(num_features, num_classes)
        self.settings = settings

    def target_scale(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Return what cos θ is multiplied by in the target's plain logit."""
        raise NotImplementedError

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return (λ_t · plain + scale · ψ(θ)) / (1 + λ_t)."""
        settings = self.settings
        if settings.margin == 1:
            return target_B
        scale_B = self.target_scale(features_BD, labels_B)
        # At f = 0 the angle is undefined and the logit is 0 whatever it is.
        smallest = torch.finfo(scale_B.dtype).tiny
        cosine_B = (target_B / scale_B.clamp_min(smallest)).clamp(-1.0, 1.0)
        plain = annealing_weight(
            step,
            base=settings.base,
            gamma=settings.gamma,
            power=settings.power,
            low=settings.min_weight,
        )
        margin_B = scale_B * psi(cosine_B, settings.margin)
        blended_B: Tensor = (plain * target_B + margin_B) / (1.0 + plain)
        return blended_B
