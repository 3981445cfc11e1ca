"""Stacked training: trials of one architecture train together in one process.

Many small networks leave a GPU idle: each step is a hundred small operations, and starting them
takes longer than doing them. Members of a stack differ in seed, learning rate, weight decay, λ
and threshold (`stack_key`); their parameters lie in one tensor each, and one operation serves
all of them. Data order, learning rate, statistics and endings stay each member's own.

What a member computes is what it would compute alone, but for the rounding of sums that are
added in another order. That is checked each time before a stack begins
(`incay.trainables.stacking.gate`); if it does not hold, its members train one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from incay.trainables.config import TrialConfig
from incay.trainables.data.base import ImageData
from incay.trainables.stacking.gate import rehearse
from incay.trainables.stacking.key import must_train_alone, stack_key
from incay.trainables.stacking.member import StackMember
from incay.trainables.stacking.run import StackedRun
from incay.trainables.training.batches import DeviceSplit
from incay.trainables.training.prepared import PreparedData, prepare
from incay.trainables.training.trainer import DivergedError

Outcome = dict[str, float] | DivergedError
"""A report's metrics, or that the trial diverged."""


class StackedTrainer:
    """Trains members together, from report to report.

    Members whose trial ends leave; those that somebody takes out (`leave`) go on alone, as do
    all of them where the stack cannot be trusted.

    Args:
        members: Trainers of equal `stack_key` at one step, which share one `PreparedData`. Each
            may have taken in a checkpoint of any `Trainer` of its configuration.
        on_batch: Called now and then during the rehearsal, which hooks of the members' own
            modules do not see.

    Attributes:
        members: Those whose trials have not ended, in order.

    Raises:
        ValueError: Members differ in what must be equal.
    """

    def __init__(
        self, members: Sequence[StackMember], on_batch: Callable[[], None] | None = None
    ) -> None:
        self.members = list(members)
        self._on_batch = on_batch
        self._run: StackedRun | None = None
        self._rehearsed = False
        self._error: BaseException | None = None
        if len({stack_key(member.config) for member in members}) != 1:
            raise ValueError("trials of a stack must have one stack key, but these differ in it")
        if len({id(member.data) for member in members}) != 1:
            raise ValueError("trials of a stack must share one PreparedData, but these do not")
        for member in members:
            member.stack = self

    @classmethod
    def of(
        cls, configs: Sequence[TrialConfig], data: ImageData | PreparedData, device: torch.device
    ) -> StackedTrainer:
        """Return a stack of new trials."""
        shared = data if isinstance(data, PreparedData) else prepare(configs[0], data, device)
        return cls([StackMember(config, shared, device) for config in configs])

    def advance(self) -> dict[StackMember, Outcome]:
        """Train every member to its next report; return what each reported."""
        outcomes: dict[StackMember, Outcome] = {}
        for member in list(self.members):
            try:
                outcomes[member] = member.advance()
            except DivergedError as error:
                outcomes[member] = error
            if member.stack is None and (
                member.finished or isinstance(outcomes[member], DivergedError)
            ):
                self._forget(member)
        return outcomes

    def leave(self, member: StackMember) -> None:
        """Take a member out, up to date, to go on alone or not at all; others are unaffected."""
        self.dissolve()
        self._forget(member)

    def dissolve(self) -> None:
        """Bring all members up to date; the next `train` stacks them anew."""
        if self._run is not None:
            for member in self.members:
                self._run.write_back(member)
        self._run = None

    def write_back(self, member: StackMember) -> None:
        """Bring a member's own modules and optimiser up to date."""
        if self._run is not None:
            self._run.write_back(member)

    def train(self) -> None:
        """Train all members to their next report, and give each its outcome.

        Where they must train alone, they are given none.
        """
        if self._error is not None:
            raise self._error
        run = self._run = self._run or self._begin()
        if run is None:
            return
        try:
            self._train(run)
        except BaseException as error:  # `sys.exit` among them
            self._error = error  # no member's state can be trusted: each fails by it
            raise

    def _train(self, run: StackedRun) -> None:
        started, until = time.perf_counter(), self.members[0].next_report()
        while run.step < until:
            run.train_step()
        totals = run.totals()
        seconds = time.perf_counter() - started
        evaluated = {split: run.evaluate(split) for split in self._due(run.step)}
        going_on = [
            member.take(
                run.step,
                *totals[index],
                seconds,
                {split: own[index] for split, own in evaluated.items()},
            )
            for index, member in enumerate(self.members)
        ]
        if not all(going_on):
            self.dissolve()
            for member, goes_on in zip(list(self.members), going_on, strict=True):
                if not goes_on:
                    self._forget(member)

    def _begin(self) -> StackedRun | None:
        """Stack the members; None, and they are on their own, where that must not be."""
        if len({member.step for member in self.members}) != 1:
            raise ValueError("trials of a stack must be at one step, but these are not")
        reason = self._refusal()
        if reason or len(self.members) == 1:
            for member in self.members:
                member.stack, member.alone_because = None, reason
            return None
        for member in self.members:
            member.stacked_with = max(member.stacked_with, len(self.members))
        return StackedRun(self.members)

    def _refusal(self) -> str:
        if self._rehearsed or len(self.members) == 1:
            return ""
        self._rehearsed = True
        first = self.members[0]
        return must_train_alone(first.config) or rehearse(
            [member.config for member in self.members], first.data, first.device, self._on_batch
        )

    def _due(self, step: int) -> list[DeviceSplit]:
        """Return the splits that a report at this step evaluates."""
        config, data = self.members[0].config, self.members[0].data
        tested = config.split.test == "reports" or step >= config.steps
        due = [data.validation, data.test if tested else None]
        return [split for split in due if split is not None]

    def _forget(self, member: StackMember) -> None:
        member.stack = None
        if member in self.members:
            self.members.remove(member)
