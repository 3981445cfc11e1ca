"""Cosine normalisation: the cosine in place of the inner product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("cosine")
@dataclass(frozen=True, kw_only=True)
class CosineSettings(LossSettings):
    """−log softmax(s·cos θ)_y with a fixed s (Luo et al. 2017, section 2).

    Attributes:
        scale: s. 1 is the cosine itself, as published; softmax then cannot come near
            probability 1, which is why NormFace and COCO scale it.
    """

    scale: float = 1.0

    soft_labels = True
    citation = (
        "Luo et al., Cosine Normalization: Using Cosine Similarity Instead of Dot Product in "
        "Neural Networks, 2017; paper A, section 2"
    )
    search_space = {"scale": "log 1.0 .. 64.0"}

    def __post_init__(self) -> None:
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.normalized import NormalizedLoss

        return NormalizedLoss(num_features, num_classes, scale=self.scale)
