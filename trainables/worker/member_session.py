"""A trial that trains with others in one process; to the store it is a trial like any other."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import torch

from incay.trainables.data.base import ImageData
from incay.trainables.source.versions import version_of
from incay.trainables.stacking.member import StackMember
from incay.trainables.store.trials import Store
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.prepared import PreparedData
from incay.trainables.worker.session import TrialSession
from incay.trainables.worker.task import TrialTask


class Stopwatch:
    """Adds up a share of the time that passes."""

    def __init__(self) -> None:
        self._seconds = self._share = 0.0
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """What has been added up until now."""
        return self._seconds + self._share * (time.monotonic() - self._since)

    def count(self, share: float) -> None:
        """Add this share of the time from now on; 0 stops the watch."""
        self._seconds, self._since = self.seconds, time.monotonic()
        self._share = share


class MemberSession(TrialSession):
    """A trial session whose trainer may be taken into a stack.

    Args:
        task: The trial.
        data: Its data set.
        store: Where it is recorded.
        device: Where it is trained.
        on_batch: Called before each batch, of training and of evaluation alike.
        shared: Returns what the trials of the process share of the data.
        alone_because: Why it is to train alone; empty where it may train with others.

    Attributes:
        watch: Counts its share of the time.
        withdrawn: Whether somebody else has recorded its ending.
    """

    def __init__(
        self,
        task: TrialTask,
        data: ImageData,
        store: Store,
        device: torch.device,
        on_batch: Callable[[], None] | None,
        shared: Callable[[], PreparedData],
        alone_because: str = "",
    ) -> None:
        super().__init__(task, data, store, device, on_batch)
        self.watch = Stopwatch()
        self.withdrawn = False
        self._shared = shared
        self._alone_because = alone_because

    @property
    def open(self) -> bool:
        """Whether the trial has not ended."""
        return self.record is None and not self.withdrawn

    @property
    def member(self) -> StackMember | None:
        """Its trainer, once it is prepared."""
        assert self._trainer is None or isinstance(self._trainer, StackMember)
        return self._trainer

    @property
    def alone_because(self) -> str:
        """Why it trains alone; empty where it does not, or not for a reason."""
        rehearsed = self.member.alone_because if self.member is not None else ""
        return self._alone_because or rehearsed

    def withdraw(self) -> bool:
        """End the trial here if somebody has recorded a result meanwhile; return whether so."""
        self.withdrawn = self._ended_elsewhere()
        return self.withdrawn

    def _new_trainer(self) -> OpenTrainer:
        return StackMember(self.task.config, self._shared(), self._device)

    def _spent(self) -> float:
        return self.watch.seconds

    def _circumstances(self) -> dict[str, Any]:
        before = self._provenance.get("stacked", {}).get("members", 1)
        now = self.member.stacked_with if self.member is not None else 1
        stacked = {
            "members": max(before, now),
            "version": _stack_version(),
            "alone_because": self.alone_because,
        }
        return {**super()._circumstances(), "stacked": stacked}


@functools.cache
def _stack_version() -> str:
    return version_of("incay.trainables.stacking.stack")
