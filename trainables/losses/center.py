"""Center loss: softmax plus the distance of each feature to its class's centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("center")
@dataclass(frozen=True, kw_only=True)
class CenterSettings(LossSettings):
    """Softmax + (λ_c/2)·mean‖f − c_y‖² (Wen et al., ECCV 2016, eq. 2 and 5).

    Centres start at 0 and follow their own rule, not the optimiser's (eq. 4):
    c_j ← c_j − α · Σ_{y_i=j}(c_j − f_i) / (1 + n_j).

    Attributes:
        center_weight: λ_c. 0.003 is the value that Wen et al. use.
        center_rate: α. 0.5 is the value that Wen et al. use.
        smoothing: Of softmax's labels, as the loss softmax has it; 0 is off.
    """

    center_weight: float = 0.003
    center_rate: float = 0.5
    smoothing: float = 0.0

    citation = "Wen et al., A Discriminative Feature Learning Approach, ECCV 2016; paper A, sec. 2"
    search_space = {"center_weight": "log 1e-5 .. 1e-1"}

    def __post_init__(self) -> None:
        require_finite("center_weight", self.center_weight)
        require(0.0 <= self.center_rate <= 1.0, "0 <= center_rate <= 1", self.center_rate)
        require(0.0 <= self.smoothing < 1.0, "0 <= smoothing < 1", self.smoothing)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.center import CenterLoss

        return CenterLoss(self, num_features, num_classes)
