"""LogitNorm: softmax of logits of one norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incay.trainables.losses import register_loss
from incay.trainables.losses.base import LossSettings
from incay.trainables.settings import require_finite

if TYPE_CHECKING:
    from incay.trainables.losses.modules.base import Loss


@register_loss("logitnorm")
@dataclass(frozen=True, kw_only=True)
class LogitNormSettings(LossSettings):
    """−log softmax(z/(τ(‖z‖ + 1e-7)))_y with z = W f (Wei et al. 2022).

    Kornblith et al. (NeurIPS 2021) call the same loss logit normalisation. Training does not see
    how long logits are; evaluation uses z itself, as the authors' test code does. So probabilities
    are to be compared after a fitted temperature (``nll.t``, ``ece.t``). Logits of no length have
    no gradient.

    Attributes:
        temperature: τ. 0.01 is what the authors' README gives for CIFAR-10; 0.04 is Kornblith et
            al.'s value for ImageNet and OpenOOD's default.
    """

    temperature: float = 0.01

    soft_labels = True
    citation = (
        "Wei et al., Mitigating Neural Network Overconfidence with Logit Normalization, ICML 2022"
    )
    search_space = {"temperature": "log 0.005 .. 1.0"}

    def __post_init__(self) -> None:
        require_finite("temperature", self.temperature, low_open=True)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss."""
        from incay.trainables.losses.modules.logits.logitnorm import LogitNorm

        return LogitNorm(self, num_features, num_classes)
