"""Several trials at one step, as one computation: batches, steps, sums and evaluation.

Shape suffixes: S steps, M members, B batch, T training metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.state import StackedState
from incay.trainables.stacking.step import StackedStep
from incay.trainables.training.batches import DeviceSplit
from incay.trainables.training.evaluate import Samples


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
            [member.modules for member in members],
            [member.optimizer for member in members],
            first.config.optimizer.stacked_by,
        )
        weights = [member.config.incay.weight for member in members if member.incay is not None]
        self._step = StackedStep(first.modules, first.autocast, first.device, weights)
        self._incay = first.incay
        self._start_step = first.config.incay.start_step
        self._names: list[str] = []
        self._rows: list[Tensor] = []  # (T, M) of each step since the last report

    def train_step(self) -> None:
        """Take one optimiser step of every member."""
        images_BM, labels_BM = self._batch()
        objective_M, metrics, features_MBD = self._step.objective(
            self._state, images_BM, labels_BM, self.step
        )
        # Each objective depends on its own member's parameters alone: the gradient of the sum
        # is every member's gradient.
        gradients = self._gradients(objective_M.sum())
        self._state.step(gradients, tuple(member.lr(self.step) for member in self._members))
        self._step.after_step(self._state, features_MBD, labels_BM)
        if self._incay is not None and "train.incay" not in metrics:  # it has not started
            metrics["train.incay"] = torch.zeros_like(metrics["train.loss"])
        self._names = sorted(metrics)
        self._rows.append(torch.stack([metrics[name] for name in self._names]))
        self.step += 1

    def _gradients(self, objective: Tensor) -> list[Tensor]:
        """Return the gradients of all parameters; 0 of what incay learns before it has started.

        Those are 0 then, so that no weight decay or momentum changes them, as alone.
        """
        parameters = self._state.parameters
        waiting = [
            name
            for name in parameters
            if name.startswith("incay.") and self.step < self._start_step
        ]
        used = [name for name in parameters if name not in waiting]
        found = torch.autograd.grad(objective, [parameters[name] for name in used])
        gradients = dict(zip(used, found, strict=True))
        gradients |= {name: torch.zeros_like(parameters[name]) for name in waiting}
        return [gradients[name] for name in parameters]

    def totals(self) -> list[tuple[dict[str, float], int]]:
        """Return each member's summed training metrics since the last call, and its bad step.

        The latter is the first step whose objective was not finite, or all steps.
        """
        values_STM, self._rows = torch.stack(self._rows).double().cpu(), []
        first, steps = self.step - len(values_STM), self._members[0].config.steps
        finite_SM = values_STM[:, self._names.index("train.loss")].isfinite()
        # The first that is not finite, by adding up how many are until then.
        good_M = finite_SM.long().cumprod(0).sum(0).tolist()
        bad_M = [steps if good == len(values_STM) else first + good for good in good_M]
        rows = values_STM.sum(0).T.tolist()
        totals = [dict(zip(self._names, row, strict=True)) for row in rows]
        if self._incay is not None and self.step <= self._incay.settings.start_step:
            for own in totals:
                del own["train.incay"]  # until it starts, trials are the plain ones
        return list(zip(totals, bad_M, strict=True))

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
