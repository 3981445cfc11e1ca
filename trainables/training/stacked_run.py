"""Several trials at one step, as one computation: batches, steps, sums and evaluation.

Shape suffixes: M members, B batch, T training metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from trainables.training.batches import DeviceSplit
from trainables.training.evaluate import Samples
from trainables.training.stack_member import StackMember
from trainables.training.stacked_state import StackedState
from trainables.training.stacked_step import StackedStep


class StackedRun:
    """What members hold, stacked; nothing here waits for the device but `totals`.

    Args:
        members: Of equal `stack_key` and step, with shared data.

    Attributes:
        step: Optimiser steps done.
    """

    def __init__(self, members: Sequence[StackMember]) -> None:
        first = members[0]
        self.step = first.step
        self._members = list(members)
        self._data = first.data
        self._state = StackedState(
            [member.modules for member in members], [member.optimizer for member in members]
        )
        weights = [member.config.incay.weight for member in members if member.incay is not None]
        self._step = StackedStep(first.modules, first.autocast, first.device, weights)
        self._names: list[str] = []
        self._sums_TM: Tensor | None = None
        self._bad_step_M = torch.full(
            (len(members),), first.config.steps, device=first.device, dtype=torch.int64
        )

    def train_step(self) -> None:
        """Take one optimiser step of every member."""
        images_BM, labels_BM = self._batch()
        objective_M, metrics, features_MBD = self._step.objective(
            self._state, images_BM, labels_BM, self.step
        )
        # Each objective depends on its own member's parameters alone: the gradient of the sum
        # is every member's gradient.
        gradients = torch.autograd.grad(objective_M.sum(), list(self._state.parameters.values()))
        self._state.step(gradients, tuple(member.lr(self.step) for member in self._members))
        self._step.after_step(self._state, features_MBD, labels_BM)
        self._accumulate(metrics)
        self.step += 1

    def totals(self) -> list[tuple[dict[str, float], int]]:
        """Return each member's summed training metrics since the last call, and its bad step."""
        assert self._sums_TM is not None
        rows = torch.cat([self._sums_TM, self._bad_step_M.double().unsqueeze(0)]).T.tolist()
        self._sums_TM = None
        return [(dict(zip(self._names, row, strict=False)), int(row[-1])) for row in rows]

    def evaluate(self, split: DeviceSplit) -> list[Samples]:
        """Evaluate every image of a split, in order, for each member."""
        return self._step.evaluate(self._state, split, self._data.normalize)

    def write_back(self, member: StackMember) -> None:
        """Give a member's own modules and optimiser what the stack holds of it."""
        index = self._members.index(member)
        self._state.write_back(index, member.modules, member.optimizer)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Return images (B, M, channels, height, width) and labels (B, M).

        Members come second: a convolution of several trials is one whose channels are theirs.
        """
        if self._members[0].batches.augments:
            batches = [member.batches(self.step) for member in self._members]
            images, labels = zip(*batches, strict=True)
            return torch.stack(images, dim=1), torch.stack(labels, dim=1)
        chosen_BM = torch.stack(
            [member.batches.indices(self.step) for member in self._members], dim=1
        )
        train, chosen = self._data.train, chosen_BM.flatten()
        images_BM = self._data.normalize(train.images.index_select(0, chosen))
        return torch.unflatten(images_BM, 0, chosen_BM.shape), train.labels[chosen_BM]

    def _accumulate(self, metrics: dict[str, Tensor]) -> None:
        values_TM = torch.stack([value_M.double() for value_M in metrics.values()])
        if self._sums_TM is None:
            self._names, self._sums_TM = list(metrics), values_TM
        elif self._names == list(metrics):
            self._sums_TM += values_TM
        else:  # incay has begun since the last report
            row = dict(zip(self._names, self._sums_TM, strict=True))
            sums = [
                value + row.get(name, 0.0) for name, value in zip(metrics, values_TM, strict=True)
            ]
            self._names, self._sums_TM = list(metrics), torch.stack(sums)
        objective_M = metrics["train.loss"]
        earliest_M = self._bad_step_M.clamp_max(self.step)
        self._bad_step_M = torch.where(objective_M.isfinite(), self._bad_step_M, earliest_M)
