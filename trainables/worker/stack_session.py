"""Several trials of one architecture in one process, each with its own durable side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple

import torch

from incay.trainables.data.base import ImageData
from incay.trainables.stacking.stack import StackedTrainer
from incay.trainables.store.endings import Unended
from incay.trainables.store.trials import Store
from incay.trainables.training.prepared import PreparedData, prepare
from incay.trainables.worker.member_session import MemberSession
from incay.trainables.worker.prepared_once import Prepare
from incay.trainables.worker.task import TrialTask


class MemberReport(NamedTuple):
    """How far one of the trials is: plain values, which travel to the driver as they are."""

    fingerprint: str
    step: int
    status: str


class StackSession:
    """Trains several trials from report to report, together where that may be.

    Each has a session, a checkpoint and a record of its own. Those that come back from
    checkpoints of different steps join when the last has caught up.

    Args:
        tasks: The trials, of one `stack_key` and data set.
        data: Their data set.
        store: Where they are recorded.
        device: Where they are trained.
        on_batch: Called before each batch, of training and of evaluation alike.
        prepare_data: Splits the data set and brings it to the device.
        alone_because: Why they are to train one by one; empty where they need not.
        withdrawable: Whether a trial's ending may be recorded by somebody else meanwhile, who
            prunes it: it is then trained no further.
    """

    def __init__(
        self,
        tasks: Sequence[TrialTask],
        data: ImageData,
        store: Store,
        device: torch.device,
        on_batch: Callable[[], None] | None = None,
        prepare_data: Prepare = prepare,
        *,
        alone_because: str = "",
        withdrawable: bool = False,
    ) -> None:
        self._config = tasks[0].config
        self._data = data
        self._device = device
        self._on_batch = on_batch
        self._prepare_data = prepare_data
        self._withdrawable = withdrawable
        self._stack: StackedTrainer | None = None
        self._prepared = False
        self.sessions = [
            MemberSession(
                task, data, store, device, on_batch, lambda: self._shared_data, alone_because
            )
            for task in tasks
        ]

    @property
    def done(self) -> bool:
        """Whether all trials have ended."""
        return not any(session.open for session in self.sessions)

    def advance(self) -> list[MemberReport]:
        """Train the trials that are furthest behind to their next report.

        Returns:
            How far each trial is that had not ended before.

        Raises:
            StoreError: The store takes nothing more.
        """
        before = [session for session in self.sessions if session.open]
        self._prepare()
        if self._withdrawable:
            self._withdraw()
        left = [session for session in before if session.open]
        least = min((session.step for session in left), default=0)
        training = [session for session in left if session.step == least]
        with _shared_time(training):
            self._join(training)
            for session in training:
                session.advance()
        return [
            MemberReport(
                session.task.fingerprint,
                session.step,
                session.record.status if session.record else Unended.RUNNING,
            )
            for session in before
            if not session.withdrawn
        ]

    def leave(self) -> None:
        """Keep a checkpoint of every unfinished trial that somebody may go on with."""
        for session in self.sessions:
            session.leave()

    @cached_property
    def _shared_data(self) -> PreparedData:
        return self._prepare_data(self._config, self._data, self._device)

    def _prepare(self) -> None:
        if self._prepared:
            return
        with _shared_time(self.sessions):
            for session in self.sessions:
                session.prepare()
        self._prepared = True

    def _withdraw(self) -> None:
        """Let those go whose ending somebody else has recorded."""
        for session in self.sessions:
            if session.open and session.withdraw():
                member = session.member
                if self._stack is not None and member in self._stack.members:
                    self._stack.leave(member)

    def _join(self, training: Sequence[MemberSession]) -> None:
        """Stack the trials that train next, unless they are stacked already or must not be."""
        members = [
            session.member
            for session in training
            if session.member is not None and not session.alone_because
        ]
        stacked = [] if self._stack is None else self._stack.members
        if len(members) < 2 or set(members) == set(stacked):
            return
        if self._stack is not None:
            self._stack.dissolve()
        self._stack = StackedTrainer(members, self._on_batch)


@contextmanager
def _shared_time(sessions: Sequence[MemberSession]) -> Iterator[None]:
    """Divide the time that the block takes among trials."""
    for session in sessions:
        session.watch.count(1.0 / len(sessions))
    try:
        yield
    finally:
        for session in sessions:
            session.watch.count(0.0)
