"""AdaFace: a margin that takes the feature norm for the image's quality."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("adaface")
@dataclass(frozen=True, kw_only=True)
class AdaFaceSettings(LossSettings):
    """Softmax over s·cos θ_k with target s·(cos(θ_y − m·ẑ) − m − m·ẑ) (Kim et al. 2022).

    ẑ = clip(h·(‖f‖ − μ)/(σ + 0.001), −1, 1) has no gradient: the norm is read, not trained. At
    ẑ = −1, for short features, the margin is ArcFace's, at 0 CosFace's, at 1 an angle of −m and 2m
    besides. μ and σ are running means over batches of the mean and standard deviation of ‖f‖
    (clipped to [0.001, 100]), the present batch included; they begin at 20 and 100, and a batch of
    one image leaves σ as it is. θ_y − m·ẑ is kept within [0, π].

    Attributes:
        margin: m; 0.4 is the authors' value.
        concentration: h; 0.333 is the authors' value.
        scale: s; 64 is the authors' value.
        rate: Share of the present batch in μ and σ; 0.01 is what the authors train with.
    """

    margin: float = 0.4
    concentration: float = 0.333
    scale: float = 64.0
    rate: float = 0.01

    stops_gradient: ClassVar[bool] = True
    citation = "Kim et al., AdaFace: Quality Adaptive Margin for Face Recognition, CVPR 2022"
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        require(0.0 <= self.margin < math.pi / 2, "0 <= margin < pi/2", self.margin)
        require_finite("concentration", self.concentration)
        require_finite("scale", self.scale, low_open=True)
        require(0.0 <= self.rate <= 1.0, "0 <= rate <= 1", self.rate)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.adaface import AdaFace

        return AdaFace(self, num_features, num_classes)
