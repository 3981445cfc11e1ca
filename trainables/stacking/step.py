"""One trial's computation as a function of its state, and the same for all members at once.

Shape suffixes: M members, B batch, D feature dimension, C classes.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, vmap

from incay.trainables.losses.modules.base import Loss
from incay.trainables.stacking.layers import fold_layers
from incay.trainables.stacking.state import StackedState
from incay.trainables.training.batches import DeviceSplit, Normalizer
from incay.trainables.training.evaluate import EVALUATION_BATCH, Samples


class StackedStep:
    """Runs network, loss and incay for all members, with `torch.func.vmap`.

    The code of networks, losses and incay is the one that trains a trial alone; only here it is
    handed the members' stacked parameters and buffers. What cannot be run so raises.

    Args:
        modules: One member's modules; a copy without numbers is taken.
        autocast: The network's dtype under autocast, None without.
        device: Where all members are.
        weights: Each member's λ; empty without incay.
    """

    def __init__(
        self,
        modules: nn.ModuleDict,
        autocast: torch.dtype | None,
        device: torch.device,
        weights: Sequence[float],
    ) -> None:
        self._trial = _Trial(copy.deepcopy(modules).to("meta"), autocast, device.type)
        self._weight_M = torch.tensor(weights, device=device)
        self._updates = type(self._trial.loss).after_step is not Loss.after_step

    def objective(
        self, state: StackedState, images_BM: Tensor, labels_BM: Tensor, step: int
    ) -> tuple[Tensor, dict[str, Tensor], Tensor]:
        """Return the members' objectives (M,), training metrics (M,) and features (M, B, D).

        Args:
            state: What the members hold; their buffers are updated.
            images_BM: (B, M, channels, height, width).
            labels_BM: (B, M).
            step: Optimiser steps done before this one.
        """
        self._trial.train()
        run = vmap(
            lambda *values: functional_call(
                self._trial, values[:2], ("objective", *values[2:], step)
            ),
            in_dims=(0, 0, 1, 1),
        )
        terms, correct_MB, features_MBD = run(state.parameters, state.buffers, images_BM, labels_BM)
        metrics = {f"train.{name}": value_MB.mean(dim=1) for name, value_MB in terms.items()}
        objective_M: Tensor | None = None
        for name in terms:
            weight = self._weight_M if name == "incay" else self._trial.weights[name]
            weighted_M = weight * metrics[f"train.{name}"]
            objective_M = weighted_M if objective_M is None else objective_M + weighted_M
        assert objective_M is not None
        features_MBD = features_MBD.detach()
        metrics = {name: value_M.detach() for name, value_M in metrics.items()}
        metrics["train.loss"] = objective_M.detach()
        metrics["train.error"] = 100.0 * (1.0 - correct_MB.float().mean(dim=1))
        metrics["train.norm"] = features_MBD.norm(dim=2).mean(dim=1)
        return objective_M, metrics, features_MBD

    @torch.no_grad()
    def after_step(self, state: StackedState, features_MBD: Tensor, labels_BM: Tensor) -> None:
        """Update what the optimiser does not."""
        if not self._updates:
            return
        run = vmap(
            lambda *values: functional_call(self._trial, values[:2], ("after_step", *values[2:])),
            in_dims=(0, 0, 0, 1),
        )
        run(state.parameters, state.buffers, features_MBD, labels_BM)

    @torch.no_grad()
    def evaluate(
        self, state: StackedState, split: DeviceSplit, normalize: Normalizer
    ) -> list[Samples]:
        """Return what `incay.trainables.training.evaluate.evaluate` returns, for each member."""
        self._trial.eval()
        run = vmap(
            lambda *values: functional_call(self._trial, values[:2], ("evaluate", values[2])),
            in_dims=(0, 0, None),
        )
        parts: list[tuple[Tensor, ...]] = []
        for start in range(0, len(split), EVALUATION_BATCH):
            chosen = slice(start, start + EVALUATION_BATCH)
            images, labels_B = normalize(split.images[chosen]), split.labels[chosen]
            features_MBD, logits_MBC = run(state.parameters, state.buffers, images)
            labels_MB = labels_B.expand(len(logits_MBC), -1)
            each_MB = F.cross_entropy(logits_MBC.movedim(2, 1), labels_MB, reduction="none")
            norm_MB = features_MBD.norm(dim=2)
            parts.append((logits_MBC.argmax(dim=2), each_MB, norm_MB, features_MBD))
        whole = [torch.cat(part, dim=1).cpu() for part in zip(*parts, strict=True)]
        labels = split.labels.cpu()
        return [Samples(labels, *own) for own in zip(*whole, strict=True)]


class _Trial(nn.Module):
    """What one member computes; its children bear the names that they have in a trainer."""

    network: nn.Module
    loss: Loss
    incay: nn.Module | None

    def __init__(
        self, modules: nn.ModuleDict, autocast: torch.dtype | None, device_type: str
    ) -> None:
        super().__init__()
        self.register_module("incay", None)
        for name, module in modules.items():
            self.add_module(name, module)
        fold_layers(self)
        self._autocast = autocast
        self._device_type = device_type
        self.weights: dict[str, float] = {}

    def forward(self, task: str, *values: Tensor | int) -> object:
        """Do what the method of that name does."""
        return getattr(self, task)(*values)

    def objective(
        self, images: Tensor, labels_B: Tensor, step: int
    ) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Return per-sample terms, whether each is classified correctly, and the features."""
        features_BD = self._features(images)
        output = self.loss(features_BD, labels_B, step)
        correct_B = output.prediction_B == labels_B
        terms = dict(output.terms)
        if self.incay is not None:
            term = self.incay(features_BD, correct_B, step, self.loss.logits)
            if term is not None:
                terms["incay"] = term
        self.weights = {name: term.weight for name, term in terms.items()}
        return {name: term.value_B for name, term in terms.items()}, correct_B, features_BD

    def after_step(self, features_BD: Tensor, labels_B: Tensor) -> Tensor:
        """Update the loss; what it returns has no meaning."""
        self.loss.after_step(features_BD, labels_B)
        return labels_B

    def evaluate(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and plain logits."""
        features_BD = self._features(images)
        return features_BD, self.loss.logits(features_BD).float()

    def _features(self, images: Tensor) -> Tensor:
        with torch.autocast(self._device_type, self._autocast, enabled=self._autocast is not None):
            features: Tensor = self.network(images)
        return features.float()
