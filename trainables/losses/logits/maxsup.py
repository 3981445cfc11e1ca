"""MaxSup: softmax whose largest logit is held down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require, require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("maxsup")
@dataclass(frozen=True, kw_only=True)
class MaxSupSettings(LossSettings):
    """Softmax + λ·mean(max_k z_k − mean_k z_k) with z = W f (Zhou et al. 2025).

    The authors' code lets λ rise linearly from 0.1 to 0.2 over training. A loss does not know how
    long training lasts: set `ramp_steps` to the trial's steps for that. Without, λ is
    `suppression`.

    Attributes:
        suppression: λ, or where it starts; 0 (without a ramp) is softmax, bit for bit.
        last: λ after `ramp_steps`.
        ramp_steps: Steps in which λ goes from one to the other; 0 is no ramp.
    """

    suppression: float = 0.1
    last: float = 0.2
    ramp_steps: int = 0

    soft_labels = True
    citation = "Zhou et al., MaxSup: Overcoming Representation Collapse in Label Smoothing, 2025"
    search_space = {"suppression": "log 1e-3 .. 1.0"}

    def __post_init__(self) -> None:
        require_finite("suppression", self.suppression)
        require_finite("last", self.last)
        require(self.ramp_steps >= 0, "ramp_steps >= 0", self.ramp_steps)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.logits.maxsup import MaxSup

        return MaxSup(self, num_features, num_classes)

    def weight_at(self, step: int) -> float:
        """Return λ after so many steps."""
        done = min(1.0, step / self.ramp_steps) if self.ramp_steps else 0.0
        return self.suppression + (self.last - self.suppression) * done
