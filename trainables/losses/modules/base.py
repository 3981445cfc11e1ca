"""The contract of a loss, and the bias-free classifier that most losses share.

Shape suffixes: B batch, D feature dimension, K classes.

A loss owns the classifier's weights. It maps features and labels to *named per-sample terms*;
it never reduces or adds them up (`incay.trainables.training.objective` does, in one place).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from incay.trainables.losses.modules.target import cross_entropy


class Term(NamedTuple):
    """One addend of the objective, not yet reduced."""

    value_B: Tensor
    """Per-sample values."""
    weight: float = 1.0
    """The factor of the term's mean in the objective."""


class LossOutput(NamedTuple):
    """What a loss says about one batch."""

    terms: dict[str, Term]
    prediction_B: Tensor
    """The class with the largest *plain* logit: what the network would answer."""


class Loss(nn.Module):
    """A loss with its classifier. A subclass writes `terms` and `scores`.

    Guarantees that every subclass keeps:
        * `forward` returns per-sample terms that are finite wherever squared norms and logits
          are, zero features and target angles of 0 and π included, with finite gradients.
        * `logits` is what evaluation uses: no margin, no annealing, no label.
        * No random number is consumed after construction.
        * Beyond what softmax itself holds there is no further (batch, classes) matrix; where a
          class has several vectors, there are as many.

    `forward` and `logits` see to precision: they leave any autocast region and compute in
    float32, or in float64 where the features are.
    """

    def forward(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return the terms for one training batch.

        Args:
            features_BD: Features, of any floating dtype.
            labels_B: Class indices, int64. A loss whose settings say `soft_labels` also takes
                shares of classes, (B, K).
            step: Number of optimiser steps done before this one; drives annealing.
        """
        with torch.autocast(features_BD.device.type, enabled=False):
            return self.terms(widened(features_BD), labels_B, step)

    def logits(self, features_BD: Tensor) -> Tensor:
        """Return the (batch, classes) scores that evaluation ranks and normalises."""
        with torch.autocast(features_BD.device.type, enabled=False):
            return self.scores(widened(features_BD))

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return what `forward` returns, of float32 or float64 features outside autocast."""
        raise NotImplementedError

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return what `logits` returns, of float32 or float64 features outside autocast."""
        raise NotImplementedError

    @torch.no_grad()
    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> None:
        """Update what the optimiser does not: class centres, for example."""


class ClassifierLoss(Loss):
    """Cross entropy over a bias-free linear classifier (paper A, eq. 1; paper B, eq. 1).

    A variant changes how logits come about (`scores`), or only the target's logit during
    training (`target_logit`). The latter is written into the logits in place, so that no
    second (batch, classes) matrix exists.

    Args:
        num_features: D.
        num_classes: K.
        smoothing: Share of each label that is spread evenly over all classes, in training. With
            it, as with labels that are shares of classes, `target_logit` has no part.
    """

    def __init__(self, num_features: int, num_classes: int, smoothing: float = 0.0) -> None:
        super().__init__()
        self._smoothing = smoothing
        self.weight = nn.Parameter(torch.empty(num_classes, num_features))  # (K, D)
        # MSRA, as in the L-Softmax authors' published settings.
        nn.init.kaiming_normal_(self.weight)

    def terms(self, features_BD: Tensor, labels_B: Tensor, step: int) -> LossOutput:
        """Return one term, ``cross_entropy``."""
        logits_BK = self.scores(features_BD)
        prediction_B = logits_BK.detach().argmax(dim=1)
        if self._smoothing or labels_B.dim() == 2:
            targets = labels_B if labels_B.dim() == 1 else labels_B.to(logits_BK.dtype)
            smoothed_B = F.cross_entropy(
                logits_BK, targets, reduction="none", label_smoothing=self._smoothing
            )
            return LossOutput({"cross_entropy": Term(smoothed_B)}, prediction_B)
        cross_entropy_B = cross_entropy(
            logits_BK,
            labels_B,
            lambda target_B: self.target_logit(target_B, features_BD, labels_B, step),
        )
        return LossOutput({"cross_entropy": Term(cross_entropy_B)}, prediction_B)

    def scores(self, features_BD: Tensor) -> Tensor:
        """Return w_k · f for every class."""
        return F.linear(features_BD, self.weight)

    def target_logit(
        self, target_B: Tensor, features_BD: Tensor, labels_B: Tensor, step: int
    ) -> Tensor:
        """Return the target's logit during training; plain softmax leaves it as it is."""
        del features_BD, labels_B, step
        return target_B


def widened(features: Tensor) -> Tensor:
    """Return the features in float64 where they are, else in float32."""
    return features if features.dtype == torch.float64 else features.float()
