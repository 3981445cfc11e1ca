"""The gradients of one step's batch, and what is measured on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from incay.trainables.training.objective import reduce_terms

if TYPE_CHECKING:
    from incay.trainables.config import TrialConfig
    from incay.trainables.incay.modules.term import Incay
    from incay.trainables.losses.modules.base import Loss


class Gradients:
    """Adds up the gradients of a batch, whole or part by part.

    Args:
        config: The trial.
        network: Maps images to features.
        loss: Scores features.
        incay: The feature incay term, None without.
        device: Where they lie.

    Attributes:
        measured: The metrics in a step's row, by name, once a step was taken.
    """

    def __init__(
        self,
        config: TrialConfig,
        network: nn.Module,
        loss: Loss,
        incay: Incay | None,
        device: torch.device,
    ) -> None:
        self.measured: tuple[str, ...] = ()
        self._network, self._loss, self._incay, self._device = network, loss, incay, device
        self._autocast = torch.bfloat16 if config.precision == "bf16" else None
        self._parts = config.optimizer.accumulate

    def __call__(
        self, images: Tensor, targets: Tensor, step: int, unknown: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Add up the gradients of a batch; return its metrics, and features without history.

        Args:
            images: (B, channels, height, width).
            targets: Their classes (B,), or of mixed images their shares of classes (B, K).
            step: Optimiser steps done.
            unknown: Unknown samples, images that run through the network together with those of
                the batch; None without.

        Returns:
            Metrics by `measured`, means over images, and features (B, D).
        """
        parts = min(self._parts, len(targets))
        if parts == 1:
            return self._of(images, targets, step, unknown)
        rows, features = [], []
        beside = [None] * parts if unknown is None else unknown.tensor_split(parts)
        divided = images.tensor_split(parts), targets.tensor_split(parts), beside
        for some, theirs, others in zip(*divided, strict=True):
            share = len(theirs) / len(targets)
            row, found = self._of(some, theirs, step, others, share)
            rows.append(share * row)
            features.append(found)
        return torch.stack(rows).sum(0), torch.cat(features)

    def _of(
        self,
        images: Tensor,
        targets: Tensor,
        step: int,
        unknown: Tensor | None,
        share: float = 1.0,
    ) -> tuple[Tensor, Tensor]:
        """Do so for a `share` of the batch."""
        if unknown is not None:
            images = torch.cat([images, unknown])
        with torch.autocast(self._device.type, self._autocast, enabled=self._autocast is not None):
            features = self._network(images)
        features = features.float()
        others = None
        if unknown is not None:
            features, others = features[: len(targets)], features[len(targets) :]
        output = self._loss(features, targets, step)
        correct = output.prediction_B == classes(targets)
        terms = dict(output.terms)
        if self._incay is not None:
            term = self._incay(features, correct, step, self._loss.logits)
            if term is not None:
                terms["incay"] = term
            if others is not None:
                terms |= self._incay.unknown(others, step, self._loss.logits)
        objective, means = reduce_terms(terms)
        scaled = objective if share == 1.0 else share * objective
        scaled.backward()  # type: ignore[no-untyped-call]
        detached = features.detach()
        return self._measure(objective.detach(), means, correct, detached), detached

    def _measure(
        self, objective: Tensor, means: dict[str, Tensor], correct: Tensor, features: Tensor
    ) -> Tensor:
        if self._incay is not None and "incay" not in means:  # it has not started
            means = {**means, **dict.fromkeys(self._incay.terms, torch.zeros_like(objective))}
        values = {f"train.{name}": mean for name, mean in means.items()}
        values["train.loss"] = objective
        values["train.error"] = 100.0 * (1.0 - correct.float().mean())
        values["train.norm"] = features.norm(dim=1).mean()
        self.measured = tuple(values)
        return torch.stack(tuple(values.values()))


def classes(targets: Tensor) -> Tensor:
    """Return classes: of mixed images, that of the larger share."""
    return targets if targets.dim() == 1 else targets.argmax(dim=1)
