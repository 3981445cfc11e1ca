"""Incay as a term of the objective: form, weight, gate, threshold and start.

Shape suffixes: B batch, D feature dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from incay.trainables.incay import forms
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.incay.threshold import parse_threshold
from incay.trainables.losses.modules.base import Term, widened

RUNNING_MEAN_DECAY = 0.99
"""Share of the old running mean norm that one training step keeps."""


class Incay(nn.Module):
    """The incay term. It has no parameters and draws no random numbers.

    Its only state is the running mean norm, kept where the threshold is a multiple of it.
    """

    mean_norm: Tensor
    fixed_squared_limit: Tensor | None

    def __init__(self, settings: IncaySettings) -> None:
        super().__init__()
        if not settings.active:
            raise ValueError("an incay term must have a form and a weight > 0")
        self.settings = settings
        self._penalty: Callable[[Tensor, float], Tensor] = partial(
            forms[settings.form].penalty, **settings.settings
        )
        self._threshold = parse_threshold(settings.threshold)
        self.register_buffer("mean_norm", torch.tensor(float("nan")))
        # A buffer, because trials that train together differ in it; not part of the state.
        norm = self._threshold.norm
        limit = None if norm is None else torch.tensor(norm * norm, dtype=torch.float64)
        self.register_buffer("fixed_squared_limit", limit, persistent=False)

    def forward(self, features_BD: Tensor, correct_B: Tensor, step: int) -> Term | None:
        """Return the term of one training batch, or None before the start step.

        Args:
            features_BD: The features *before* any normalisation that the loss applies.
            correct_B: Whether each sample's largest plain logit is its label's.
            step: Number of optimiser steps done before this one.
        """
        features_BD = widened(features_BD)
        squared_norm_B = features_BD.square().sum(dim=1)
        if self._threshold.multiple is not None:
            self._update_mean(squared_norm_B.detach())
        if step < self.settings.start_step:
            return None
        counts_B = self._counts(squared_norm_B.detach(), correct_B)
        epsilon, weight = self.settings.epsilon, self.settings.weight
        if counts_B is None:
            return Term(self._penalty(squared_norm_B, epsilon), weight)
        # Features that do not count are masked before anything is computed of them: an infinite
        # one would else have the gradient 0 · ∞.
        counted_BD = torch.where(counts_B.unsqueeze(1), features_BD, 0.0)
        penalty_B = self._penalty(counted_BD.square().sum(dim=1), epsilon)
        return Term(torch.where(counts_B, penalty_B, torch.zeros_like(penalty_B)), weight)

    def _counts(self, squared_norm_B: Tensor, correct_B: Tensor) -> Tensor | None:
        counts_B = None
        if self.settings.gate != "all":
            counts_B = correct_B if self.settings.gate == "correct" else ~correct_B
        squared_limit = self.fixed_squared_limit
        if self._threshold.multiple is not None:
            squared_limit = (self._threshold.multiple * self.mean_norm).square()
        if squared_limit is None:
            return counts_B
        below_B = squared_norm_B <= squared_limit
        return below_B if counts_B is None else counts_B & below_B

    @torch.no_grad()
    def _update_mean(self, squared_norm_B: Tensor) -> None:
        batch_mean = squared_norm_B.sqrt().mean().to(self.mean_norm.dtype)
        blended = RUNNING_MEAN_DECAY * self.mean_norm + (1.0 - RUNNING_MEAN_DECAY) * batch_mean
        self.mean_norm.copy_(torch.where(self.mean_norm.isnan(), batch_mean, blended))
