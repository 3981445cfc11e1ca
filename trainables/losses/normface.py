"""NormFace: softmax over cosines with a learned scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("normface")
@dataclass(frozen=True, kw_only=True)
class NormFaceSettings(LossSettings):
    """−log softmax(s·cos θ)_y, features and weights normalised (Wang et al. 2017, section 3).

    Attributes:
        scale: s, or where it starts; 10 in the authors' published training settings.
        learned: Whether s is learned, as the authors do.
    """

    scale: float = 10.0
    learned: bool = True

    soft_labels = True
    citation = (
        "Wang et al., NormFace: L2 Hypersphere Embedding for Face Verification, ACM MM 2017; "
        "paper A, section 2"
    )
    search_space = {"scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.normalized import NormalizedLoss

        return NormalizedLoss(num_features, num_classes, scale=self.scale, learned=self.learned)
