"""MagFace: an angular margin that grows with the feature norm, and a term that lengthens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("magface")
@dataclass(frozen=True, kw_only=True)
class MagFaceSettings(LossSettings):
    """Softmax over s·cos θ_k with target s·cos(θ_y + m(a)), plus λ_g·g(a) (Meng et al. 2021).

    a is ‖f‖ clamped to [l_a, u_a], m(a) linear from l_m to u_m, and g(a) = a/u_a² + 1/a, which
    lengthens features up to u_a. Both have gradients to the norm within the bounds. Bounds follow
    the network's own norms: for features of magnitude 1 the authors advise a in [1, 51], m in
    [0.45, 1], λ_g 5.

    The term λ_g·g(a) also is a form of incay, `magface-g`, which goes with any loss and has incay's
    gates, threshold and start step. To give it those here, set `norm_weight: 0` and
    `incay: {form: magface-g, weight: 35}`; with both it counts twice. Without it features shrink,
    as the margin grows with them.

    Attributes:
        lower: l_a.
        upper: u_a.
        lower_margin: l_m in radians.
        upper_margin: u_m in radians.
        norm_weight: λ_g; 0 is off.
        scale: s.
        easy: Whether the margin is left out where θ_y > 90°, as in the authors' code; else the
            logit is continued as ArcFace's is.
    """

    lower: float = 10.0
    upper: float = 110.0
    lower_margin: float = 0.45
    upper_margin: float = 0.8
    norm_weight: float = 35.0
    scale: float = 64.0
    easy: bool = True

    citation = (
        "Meng et al., MagFace: A Universal Representation for Face Recognition and Quality "
        "Assessment, CVPR 2021, section 3"
    )
    search_space = {"norm_weight": "log 1e-1 .. 1e3", "scale": "log 4.0 .. 64.0"}

    def __post_init__(self) -> None:
        require_finite("lower", self.lower, low_open=True)
        require_finite("upper", self.upper)
        require(self.lower < self.upper, f"upper > lower={self.lower:g}", self.upper)
        for name in ("lower_margin", "upper_margin"):
            margin = getattr(self, name)
            require(0.0 <= margin < math.pi / 2, f"0 <= {name} < pi/2", margin)
        require_finite("norm_weight", self.norm_weight)
        require_finite("scale", self.scale, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.magface import MagFace

        return MagFace(self, num_features, num_classes)
