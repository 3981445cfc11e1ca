"""A trainer that may train with others: alone, it is a `Trainer` and nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.training.batches import DeviceSplit, TrainingBatches
from incay.trainables.training.evaluate import Samples
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.prepared import PreparedData
from incay.trainables.training.trainer import DivergedError


class Stack(Protocol):
    """What a member knows of the stack that it is in."""

    def train(self) -> None:
        """Train all members to their next report, and give each its outcome.

        Where they must train alone, they are given none and are in no stack any more.
        """

    def write_back(self, member: StackMember) -> None:
        """Bring a member's own modules and optimiser up to date."""

    def dissolve(self) -> None:
        """Bring all members up to date; the next `train` stacks them anew."""


class StackMember(OpenTrainer):
    """One trial of a stack.

    Its own modules and optimiser are up to date before the stack begins, when the member has
    left it (also by finishing or diverging), and within `state_dict`.

    Attributes:
        stack: The stack that takes its steps; None where it takes its own.
        stacked_with: The most trials that its steps were taken with, itself included.
        alone_because: Why it trains alone although it was to train with others.
    """

    def __init__(
        self, config: TrialConfig, data: ImageData | PreparedData, device: torch.device
    ) -> None:
        super().__init__(config, data, device)
        self.stack: Stack | None = None
        self.stacked_with = 1
        self.alone_because = ""
        self._outcomes: deque[dict[str, float] | DivergedError] = deque()

    @property
    def modules(self) -> nn.ModuleDict:
        """Network, loss and, where there is one, incay."""
        return self._modules

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Its optimiser."""
        return self._update.optimizer

    @property
    def batches(self) -> TrainingBatches:
        """Its batches, in its own order."""
        return self._batches

    @property
    def data(self) -> PreparedData:
        """The data set that all members share."""
        return self._data

    @property
    def autocast(self) -> torch.dtype | None:
        """The network's dtype under autocast, None without."""
        return self._autocast

    def lr(self, step: int) -> float:
        """Return the base learning rate of a step."""
        return self._lr(step)

    def next_report(self) -> int:
        """Return the step of the next report."""
        return self._next_report()

    def advance(self) -> dict[str, float]:
        """Do what `Trainer.advance` does; in a stack, all members train to their next report."""
        if not self._outcomes and self.stack is not None:
            self.stack.train()
        if not self._outcomes:
            return super().advance()
        outcome = self._outcomes.popleft()
        if isinstance(outcome, DivergedError):
            raise outcome
        return outcome

    def train_alone(self, count: int) -> dict[str, float]:
        """Take some steps without a report; return training metrics summed over them."""
        rows = []
        for _ in range(count):
            self._update.set_lr(self._lr(self.step))
            rows.append(self._train_step())
            self.step += 1
        totals = torch.stack(rows).double().sum(0).tolist()
        return dict(zip(self._gradients.measured, totals, strict=True))

    def evaluate(self, split: DeviceSplit) -> Samples:
        """Evaluate every image of a split with its own modules, as they are now."""
        self._evaluated.clear()
        return self._evaluate(split)

    def take(
        self,
        step: int,
        totals: Mapping[str, float],
        bad_step: int,
        seconds: float,
        evaluated: Mapping[DeviceSplit, Samples],
    ) -> bool:
        """Take in the steps since the last report that the stack took; return whether it goes on.

        Args:
            step: Optimiser steps done now.
            totals: Each training metric, summed over the steps.
            bad_step: The first step whose objective was not finite; all steps, if none was.
            seconds: What the steps took, for all members together.
            evaluated: What evaluation says of the splits that are due.
        """
        first, self.step, self._evaluated = self.step, step, dict(evaluated)
        try:
            self._outcomes.append(self._report(first, totals, bad_step, seconds))
        except DivergedError as error:
            self._outcomes.append(error)
            return False
        return not self.finished

    def bring_up_to_date(self) -> None:
        """Bring its own modules up to date."""
        if self.stack is not None:
            self.stack.write_back(self)

    def state_dict(self) -> dict[str, Any]:
        """Return what any `Trainer` of the same configuration can go on from."""
        self.bring_up_to_date()
        return super().state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what any `Trainer` of the same configuration saved."""
        if self.stack is not None:
            self.stack.dissolve()
        super().load_state_dict(state)
