"""Large-margin softmax (L-Softmax)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from trainables.losses import register_loss
from trainables.losses.base import ClassifierLoss, Loss, LossSettings
from trainables.losses.margin import annealing_weight, psi
from trainables.settings import require, require_finite


@register_loss("l-softmax")
@dataclass(frozen=True, kw_only=True)
class LSoftmaxSettings(LossSettings):
    """Softmax whose target logit is ‖w_y‖‖f‖ψ(θ_y) (Liu et al. 2016, eq. 4-6).

    During training it is blended with the plain logit, (λ_t·plain + margin)/(1 + λ_t), where
    λ_t falls from `base` to `min_weight`. Defaults are the authors' MNIST settings; their
    CIFAR-10 settings are margin 2, gamma 0.00002, power 45.

    Attributes:
        margin: m in {1, 2, 3, 4}; 1 is plain softmax.
        base: λ at step 0.
        gamma: Growth per step inside the annealing power.
        power: Exponent of the annealing.
        min_weight: λ_min, the blend that remains in the end.
    """

    margin: int = 4
    base: float = 1000.0
    gamma: float = 0.000025
    power: float = 35.0
    min_weight: float = 0.0

    citation = "Liu et al., Large-Margin Softmax Loss, ICML 2016; paper A, section 2"
    search_space = {"margin": "[2, 3, 4]"}

    def __post_init__(self) -> None:
        require(self.margin in (1, 2, 3, 4), "margin in {1, 2, 3, 4}", self.margin)
        for name in ("base", "gamma", "power", "min_weight"):
            require_finite(name, getattr(self, name))

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        return LSoftmax(self, num_features, num_classes)


class LSoftmax(ClassifierLoss):
    """See `LSoftmaxSettings`. Evaluation uses plain logits."""

    def __init__(self, settings: LSoftmaxSettings, num_features: int, num_classes: int) -> None:
        super().__init__(num_features, num_classes)
        self.settings = settings

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return (λ_t · w·f + ‖w‖‖f‖ψ(θ)) / (1 + λ_t)."""
        settings = self.settings
        if settings.margin == 1:
            return target_B
        weight_norm_B: Tensor = self.weight[labels_B].norm(dim=1)
        scale_B = weight_norm_B * features_BD.norm(dim=1)
        # At f = 0 (or w = 0) the angle is undefined and the logit is 0 whatever it is.
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
