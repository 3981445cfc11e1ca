"""Softmax cross entropy with a bias-free classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("softmax")
@dataclass(frozen=True, kw_only=True)
class SoftmaxSettings(LossSettings):
    """−log softmax(W f)_y (paper A, eq. 1–3; paper B, eq. 1–3; no bias, section 3.1)."""

    citation = "paper A, section 3.1, eq. 1-3"

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.base import ClassifierLoss

        return ClassifierLoss(num_features, num_classes)
