"""Sub-centre ArcFace: several centres a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.arcface import ArcFaceSettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("subcenter-arcface")
@dataclass(frozen=True, kw_only=True)
class SubCenterArcFaceSettings(ArcFaceSettings):
    """ArcFace with cos θ_k = max_c cos(f, w_kc) over C sub-centres a class (Deng et al. 2020).

    Evaluation ranks s·cos θ_k, by the nearest sub-centre. A class has no single vector, so that
    measures of class vectors (``nc2.weights``, ``nc3``) are not recorded. Scores of all
    sub-centres take C (batch, classes) matrices. The authors' later step, to drop images of
    sub-centres that are not dominant and train again, is a change of data and not done.

    Attributes:
        centers: C; 3 is the authors' value.
        margin: m in radians; 0.5 is the authors' value.
        scale: s; 64 is the authors' value.
    """

    centers: int = 3
    margin: float = 0.5
    scale: float = 64.0

    citation = (
        "Deng et al., Sub-center ArcFace: Boosting Face Recognition by Large-scale Noisy Web "
        "Faces, ECCV 2020, section 3"
    )
    search_space = {
        "centers": "[2, 3, 5]",
        "margin": "0.1 .. 0.5",
        "scale": "log 4.0 .. 64.0",
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= self.centers <= 100, "1 <= centers <= 100", self.centers)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.subcenter_arcface import SubCenterArcFace

        return SubCenterArcFace(self, num_features, num_classes)
