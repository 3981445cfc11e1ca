"""ArcFace: an additive angular margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.gradient import MarginGradientSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("arcface")
@dataclass(frozen=True, kw_only=True)
class ArcFaceSettings(MarginGradientSettings):
    """Softmax over s·cos θ_k whose target logit is s·cos(θ_y + m) (Deng et al. 2019, eq. 3).

    Where θ_y + m exceeds π, cos(θ_y + m) would grow again; the target logit is then
    s·(cos θ_y − m·sin m), as in the authors' published code.

    With gradient ``straight_through`` it is what InsightFace's PyTorch code runs: the same value,
    but cos(θ_y + m) goes on beyond π, and the gradient is that of s·cos θ_y.

    Attributes:
        margin: m in radians; 0.5 is the authors' value.
        scale: s; 64 is the authors' value.
    """

    margin: float = 0.5
    scale: float = 64.0

    citation = "Deng et al., ArcFace: Additive Angular Margin Loss, CVPR 2019, eq. 3"
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.margin < math.pi / 2, "0 <= margin < pi/2", self.margin)
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.arcface import ArcFace

        return ArcFace(self, num_features, num_classes)
