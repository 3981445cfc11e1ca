"""Incay as a term of the objective: form, weight, gate, threshold and start.

Shape suffixes: B batch, D feature dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from incay.trainables.incay import forms
from incay.trainables.incay.base import FormBatch, takes_batches, writes
from incay.trainables.incay.own_settings import given_to
from incay.trainables.incay.settings import IncaySettings
from incay.trainables.incay.threshold import parse_threshold
from incay.trainables.losses.modules.base import Term, widened

RUNNING_MEAN_DECAY = 0.99
"""Share of the old running mean norm that one training step keeps."""


class FormError(ValueError):
    """A form does not return what it must."""


class Incay(nn.Module):
    """The incay term. It draws no random numbers.

    Its state is the running mean norm, kept where the threshold is a multiple of it, and for each
    number that its form learns where that began, a buffer, and its change since, a parameter. So
    nothing but the optimiser writes to parameters.
    """

    mean_norm: Tensor
    fixed_squared_limit: Tensor | None
    begun: Tensor
    """Whether the learned numbers have begun; only where there are any."""

    def __init__(self, settings: IncaySettings) -> None:
        super().__init__()
        if not settings.active:
            raise ValueError("an incay term must have a form and a weight > 0")
        self.settings = settings
        form = forms[settings.form]
        self._takes_batches = takes_batches(form)
        # What it is given differs; all else of the two methods is the same.
        self._penalty: Callable[..., Tensor] = partial(
            form.batch_penalty if self._takes_batches else form.penalty, **settings.settings
        )
        self._begin: Callable[[FormBatch], Mapping[str, Any]] = partial(
            form.begin, **given_to(form.begin, settings.settings)
        )
        self._unknown: dict[str, tuple[Callable[[FormBatch], Tensor], float]] = {
            name: (partial(method, **given_to(method, settings.settings)), weight)
            for name, method, weight in (
                ("unknown", form.unknown_loss, 1.0),
                ("incay_unknown", form.unknown_penalty, settings.weight),
            )
            if settings.background and writes(form, method.__name__)
        }
        self._learned = form.learned
        for name in self._learned:
            self.register_buffer(f"first_{name}", torch.zeros(()))
            self.register_parameter(f"change_{name}", nn.Parameter(torch.zeros(())))
        if self._learned:
            self.register_buffer("begun", torch.tensor(False))
        self._threshold = parse_threshold(settings.threshold)
        self.register_buffer("mean_norm", torch.tensor(float("nan")))
        # A buffer, because trials that train together differ in it; not part of the state.
        norm = self._threshold.norm
        limit = None if norm is None else torch.tensor(norm * norm, dtype=torch.float64)
        self.register_buffer("fixed_squared_limit", limit, persistent=False)

    def forward(
        self,
        features_BD: Tensor,
        correct_B: Tensor,
        step: int,
        scores: Callable[[Tensor], Tensor] | None = None,
    ) -> Term | None:
        """Return the term of one training batch, or None before the start step.

        Args:
            features_BD: The features *before* any normalisation that the loss applies.
            correct_B: Whether each sample's largest plain logit is its label's.
            step: Number of optimiser steps done before this one.
            scores: The loss's `logits`; None where the form is known not to ask for them.
        """
        features_BD = widened(features_BD)
        squared_norm_B = features_BD.square().sum(dim=1)
        if self._threshold.multiple is not None:
            self._update_mean(squared_norm_B.detach())
        if step < self.settings.start_step:
            return None
        if self._learned:
            self._begin_learning(features_BD.detach(), scores)
        counts_B = self._counts(squared_norm_B.detach(), correct_B)
        weight = self.settings.weight
        if counts_B is None:
            return Term(self._penalties(features_BD, squared_norm_B, None, scores), weight)
        # Features that do not count are masked before anything is computed of them: an infinite
        # one would else have the gradient 0 · ∞.
        counted_BD = torch.where(counts_B.unsqueeze(1), features_BD, 0.0)
        squared_norm_B = counted_BD.square().sum(dim=1)
        penalty_B = self._penalties(counted_BD, squared_norm_B, counts_B, scores)
        return Term(torch.where(counts_B, penalty_B, torch.zeros_like(penalty_B)), weight)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of all terms that it adds to the objective once it has started."""
        return ("incay", *self._unknown)

    def unknown(
        self, features_BD: Tensor, step: int, scores: Callable[[Tensor], Tensor]
    ) -> dict[str, Term]:
        """Return the terms of unknown samples by name, none before the start step.

        Args:
            features_BD: Their features.
            step: As in `forward`, which comes before: what is learned begins there.
            scores: The loss's `logits`.
        """
        if step < self.settings.start_step:
            return {}
        batch = self._batch(widened(features_BD), None, self.learned, scores)
        return {name: Term(of(batch), weight) for name, (of, weight) in self._unknown.items()}

    @property
    def learned(self) -> dict[str, Tensor]:
        """What its form has learned, by name; without meaning before it has begun."""
        return {
            name: getattr(self, f"first_{name}") + getattr(self, f"change_{name}")
            for name in self._learned
        }

    def _penalties(
        self,
        features_BD: Tensor,
        squared_norm_B: Tensor,
        counts_B: Tensor | None,
        scores: Callable[[Tensor], Tensor] | None,
    ) -> Tensor:
        """Return the form's penalties; those of samples that do not count have no meaning."""
        if not self._takes_batches:
            return self._penalty(squared_norm_B, self.settings.epsilon)
        return self._penalty(self._batch(features_BD, counts_B, self.learned, scores))

    def _batch(
        self,
        features_BD: Tensor,
        counts_B: Tensor | None,
        learned: Mapping[str, Tensor],
        scores: Callable[[Tensor], Tensor] | None,
    ) -> FormBatch:
        if counts_B is None:
            counts_B = torch.ones_like(features_BD[:, 0], dtype=torch.bool)
        return FormBatch(
            features_BD, counts_B, self.settings.epsilon, learned, scores or _no_scores
        )

    @torch.no_grad()
    def _begin_learning(
        self, features_BD: Tensor, scores: Callable[[Tensor], Tensor] | None
    ) -> None:
        """Let learned numbers begin where they have not: without asking, which a GPU waits for."""
        first = self._begin(self._batch(features_BD, None, {}, scores))
        for name in self._learned:
            given = first.get(name)
            if not isinstance(given, Tensor) or given.dim():
                raise FormError(
                    f"begin must return {name!r}, a tensor without a dimension, but got {given!r}"
                )
            value = getattr(self, f"first_{name}")
            value.copy_(torch.where(self.begun, value, given.to(value.dtype)))
        self.begun.fill_(True)

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


def _no_scores(features_BD: Tensor) -> Tensor:
    raise ValueError(f"a loss must give the logits of features {tuple(features_BD.shape)}")
