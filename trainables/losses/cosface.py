"""CosFace: an additive cosine margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("cosface")
@dataclass(frozen=True, kw_only=True)
class CosFaceSettings(LossSettings):
    """Softmax over s·cos θ_k whose target logit is s·(cos θ_y − m) (Wang et al. 2018, eq. 4).

    Attributes:
        margin: m; 0.35 is the authors' value.
        scale: s; 64 is the authors' value.
    """

    margin: float = 0.35
    scale: float = 64.0

    citation = "Wang et al., CosFace: Large Margin Cosine Loss, CVPR 2018, eq. 4"
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        require(0.0 <= self.margin <= 2.0, "0 <= margin <= 2", self.margin)
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.cosface import CosFace

        return CosFace(self, num_features, num_classes)
