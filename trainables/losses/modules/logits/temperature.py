"""Softmax at a temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import Tensor

from incay.trainables.losses.modules.base import ClassifierLoss

if TYPE_CHECKING:
    from incay.trainables.losses.logits.temperature import TemperatureSoftmaxSettings


class TemperatureSoftmax(ClassifierLoss):
    """See `TemperatureSoftmaxSettings`. Evaluation uses w_k · f/τ."""

    def __init__(
        self, settings: TemperatureSoftmaxSettings, num_features: int, num_classes: int
    ) -> None:
        super().__init__(num_features, num_classes)
        self.temperature = settings.temperature

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return w_k · f/τ for every class."""
        # Features are divided, so that there is no second (batch, classes) matrix.
        return F.linear(features_BD / self.temperature, self.weight)
