"""Softmax cross entropy with a bias-free classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("softmax")
@dataclass(frozen=True, kw_only=True)
class SoftmaxSettings(LossSettings):
    """−log softmax(W f)_y (paper A, eq. 1–3; paper B, eq. 1–3; no bias, section 3.1).

    Attributes:
        smoothing: ε; in training the label is 1 − ε + ε/K, and ε/K every other class (Szegedy et
            al., Rethinking the Inception Architecture, CVPR 2016, section 7). 0 is off.
    """

    smoothing: float = 0.0

    soft_labels = True
    citation = "paper A, section 3.1, eq. 1-3"

    def __post_init__(self) -> None:
        require(0.0 <= self.smoothing < 1.0, "0 <= smoothing < 1", self.smoothing)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.base import ClassifierLoss

        return ClassifierLoss(num_features, num_classes, self.smoothing)
