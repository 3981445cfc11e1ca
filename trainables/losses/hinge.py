"""Multi-class hinge loss, one class against all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("hinge")
@dataclass(frozen=True, kw_only=True)
class HingeSettings(LossSettings):
    """Σ_k max(0, 1 − δ_k·w_k·f)^p with δ_y = 1, δ_k = −1 for every other class.

    This is Caffe's HingeLoss, the framework in which the L-Softmax authors measured the
    "Hinge Loss" rows that both papers cite; neither says which p they used.

    Attributes:
        norm: ``L1`` (p = 1, Caffe's default) or ``L2`` (p = 2).
    """

    norm: Literal["L1", "L2"] = "L1"

    citation = "Liu et al., Large-Margin Softmax Loss, ICML 2016; paper A, Table 2; Caffe HingeLoss"
    search_space = {"norm": "[L1, L2]"}

    def __post_init__(self) -> None:
        require(self.norm in ("L1", "L2"), "norm in {L1, L2}", self.norm)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.hinge import HingeLoss

        return HingeLoss(self, num_features, num_classes)
