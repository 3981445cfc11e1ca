"""A loss of your own: what it computes, its settings, and where it comes from.

A study uses it by `uses: [mine.py]` and `loss: mine`, or `loss: {name: mine, margin: 0.5}`.
Test it with `python -m pytest test_mine.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from incay.components import ClassifierLoss, Loss, LossSettings, register_loss, require_finite


@register_loss("mine")
@dataclass(frozen=True, kw_only=True)
class MineSettings(LossSettings):
    """Softmax whose target logit is w_y·f − m: write your equation here."""

    # A setting of a study file, with its default. `--set loss.margin=1` and searches reach it.
    margin: float = 0.1

    citation = "where it comes from: paper, section, equation"
    # A range worth searching: `incay methods` shows it.
    search_space = {"margin": "0.01 .. 1.0"}

    def __post_init__(self) -> None:
        require_finite("margin", self.margin)

    def build(self, num_features: int, num_classes: int) -> Loss:
        """Return the loss for D features and K classes, freshly initialised."""
        return MineLoss(num_features, num_classes, self.margin)


class MineLoss(ClassifierLoss):
    """See `MineSettings`. `ClassifierLoss` owns the classifier, `weight` (K, D).

    Change as little as possible: `target_logit`, as here; or `scores`, how logits come about; or
    `terms`, which returns values *per sample* and never reduces them. Do not draw random numbers
    after `__init__`. What changes from step to step must be a parameter or a buffer, so that a
    resumed trial knows it.
    """

    def __init__(self, num_features: int, num_classes: int, margin: float) -> None:
        super().__init__(num_features, num_classes)
        self.margin = margin

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return the target's logit in training, (B,); evaluation keeps using plain logits."""
        return target_B - self.margin
