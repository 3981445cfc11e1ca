"""Softmax at a temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("temperature-softmax")
@dataclass(frozen=True, kw_only=True)
class TemperatureSoftmaxSettings(LossSettings):
    """−log softmax(W f/τ)_y: softmax trained at a fixed temperature (Agarwala et al. 2020).

    Evaluation has the same τ: it is part of the model, as the scale of cosine losses is. Nothing
    is normalised: −log softmax(z/(τ‖z‖))_y is the loss logitnorm, of f and weights at unit length
    it is cosine.

    Attributes:
        temperature: τ; 1 is softmax, bit for bit. The authors find no value that is best for all
            data, so that there is none of theirs to take.
    """

    temperature: float = 1.0

    soft_labels = True
    citation = "Agarwala et al., Temperature check: theory and practice for training models, 2020"
    search_space = {"temperature": "log 0.01 .. 100.0"}

    def __post_init__(self) -> None:
        require_finite("temperature", self.temperature, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.logits.temperature import TemperatureSoftmax

        return TemperatureSoftmax(self, num_features, num_classes)
