"""SphereFace2: one binary classifier a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.gradient import MarginGradientSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("sphereface2")
@dataclass(frozen=True, kw_only=True)
class SphereFace2Settings(MarginGradientSettings):
    """(w/r)·(α·ς(−r(g(c_y) − m) − b) + (1−α)·Σ_k ς(r(g(c_k) + m) + b)), c = cos θ.

    ς(x) = log(1 + eˣ), g(c) = 2((c + 1)/2)^t − 1, the sum over all other classes (Wen et al. 2022,
    SphereFace2-C). b is one learned number for all classes, which begins where targets and others
    balance. Evaluation uses r·g(c_k).

    Attributes:
        margin: m; 0.4 is the authors' value.
        scale: r; 40 is the authors' value.
        balance: α, the weight of the target; 0.7 is the authors' value.
        exponent: t, which spreads cosines; 3 is the authors' value, 1 leaves them.
        loss_weight: w; 50 is the authors' value.
        gradient: ``exact``, that of the formula, or ``straight_through``, as in the authors' code:
            that of r·cos θ in place of r·g.
    """

    margin: float = 0.4
    scale: float = 40.0
    balance: float = 0.7
    exponent: float = 3.0
    loss_weight: float = 50.0

    citation = (
        "Wen et al., SphereFace2: Binary Classification is All You Need for Deep Face "
        "Recognition, ICLR 2022, SphereFace2-C"
    )
    search_space = {"margin": "0.1 .. 0.5", "scale": "log 4.0 .. 64.0", "balance": "0.5 .. 0.9"}

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0.0 <= self.margin <= 2.0, "0 <= margin <= 2", self.margin)
        require_finite("scale", self.scale, low_open=True)
        require(0.0 < self.balance < 1.0, "0 < balance < 1", self.balance)
        require_finite("exponent", self.exponent, low=1.0)
        require_finite("loss_weight", self.loss_weight, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.margins.sphereface2 import SphereFace2

        return SphereFace2(self, num_features, num_classes)
