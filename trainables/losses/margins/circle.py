"""Circle loss with class-level labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("circle")
@dataclass(frozen=True, kw_only=True)
class CircleSettings(LossSettings):
    """Softmax over γ[c_k + m]₊(c_k − m), target γ[1 + m − c_y]₊(c_y − 1 + m), c = cos θ.

    With class-level labels the paper's log(1 + Σ exp γ(α_n(s_n − Δ_n) − α_p(s_p − Δ_p))) is the
    cross entropy of these logits (Sun et al. 2020, section 3). The factors [·]₊ are weights: they
    have no gradient.

    Attributes:
        margin: m; 0.25 is the authors' value.
        scale: γ; 256 is the authors' value for faces, 128 for re-identification.
    """

    margin: float = 0.25
    scale: float = 256.0

    stops_gradient: ClassVar[bool] = True
    citation = (
        "Sun et al., Circle Loss: A Unified Perspective of Pair Similarity Optimization, CVPR "
        "2020, section 3"
    )
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 8.0 .. 256.0"}

    def __post_init__(self) -> None:
        require(0.0 <= self.margin <= 1.0, "0 <= margin <= 1", self.margin)
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.circle import CircleLoss

        return CircleLoss(self, num_features, num_classes)
