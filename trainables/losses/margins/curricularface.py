"""CurricularFace: ArcFace that turns to hard negatives as training goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("curricularface")
@dataclass(frozen=True, kw_only=True)
class CurricularFaceSettings(LossSettings):
    """ArcFace where classes with cos θ_k > cos(θ_y + m), hard ones, have s·cos θ_k(t + cos θ_k).

    t is the running mean of cos θ_y over batches, the present one included; it begins at 0, so
    that hard classes count little at first. t, and which classes are hard, have no gradient.

    Attributes:
        margin: m in radians; 0.5 is the authors' value.
        scale: s; 64 is the authors' value.
        rate: Share of the present batch in t; 0.01 is the authors' value.
    """

    margin: float = 0.5
    scale: float = 64.0
    rate: float = 0.01

    stops_gradient: ClassVar[bool] = True
    citation = (
        "Huang et al., CurricularFace: Adaptive Curriculum Learning Loss for Deep Face "
        "Recognition, CVPR 2020, section 3"
    )
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        require(0.0 <= self.margin < math.pi / 2, "0 <= margin < pi/2", self.margin)
        require_finite("scale", self.scale, low_open=True)
        require(0.0 <= self.rate <= 1.0, "0 <= rate <= 1", self.rate)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.curricularface import CurricularFace

        return CurricularFace(self, num_features, num_classes)
