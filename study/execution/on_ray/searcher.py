"""Tune asks here what to train next, and tells here what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ray
from ray.tune.search import Searcher

from incay.study.errors import UserError
from incay.study.execution.books.endings import Endings
from incay.study.execution.context import RunContext
from incay.study.execution.lost_workers import MOST, TOGETHER, LostWorkers
from incay.study.execution.phase import Following, Phase
from incay.study.execution.stacks import Stack, Stacks
from incay.study.planning.trials import PlannedTrial
from incay.study.search.order import Signal
from incay.trainables.store.endings import Ending, Unended
from incay.trainables.store.problems import StoreError


class WorkSearcher(Searcher):
    """Hands work to Tune, phase by phase: one trial, or a stack of them, is one trial of Tune's.

    A phase that follows goes on with the workers of the one before.

    Nothing here can fail for outside reasons but the store, and that ends the run in good
    order through `halt`: an exception in a searcher would break it.

    Args:
        context: What the run has.
        phase: The first, taken before Ray was started, to learn whether there is anything to
            train.
        following: Those after it.
        room: Returns how many trials of Tune's the machines have room for.
    """

    def __init__(
        self, context: RunContext, phase: Phase, following: Following, *, room: Callable[[], int]
    ) -> None:
        super().__init__()
        self._following = following
        self._monitor = context.monitor
        self._store = context.store
        self._data = context.data
        self._endings = Endings(context.store, context.data)
        self._halt = context.halt
        self._models = context.models
        self._most_stacked = context.spec.resources.stack
        self._stacked = self._most_stacked > 1
        self._room = room
        # Tune's own retries count lost nodes as failures, and lose trials whose reused worker
        # turns out to be dead. So none are used: a trial that lost its worker is a new one to
        # Tune, and goes on from its checkpoint.
        self._begin(phase)
        self._running: dict[str, dict[str, PlannedTrial]] = {}  # by Tune's id and fingerprint
        self._started: set[str] = set()
        self._why: dict[str, str] = {}
        self._lost = LostWorkers(_living_nodes)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the configuration of what comes next, None to wait or FINISHED."""
        while True:
            stack: Stack | Signal = Signal.WAIT  # also where the store takes nothing more
            with self._halt.guard():
                stack = self._stacks.next(self._has_room)
            if stack is not Signal.DONE or self._running:
                break
            phase = None if self._halt.asked else self._following.next()
            if phase is None:
                finished: str = Searcher.FINISHED
                return finished
            self._begin(phase)
        if not isinstance(stack, Stack):
            return None  # one that runs may lose its worker yet
        with self._halt.guard():
            for trial in stack.trials:
                if trial.fingerprint not in self._started:
                    continued = self._store.checkpoints.exists(trial.fingerprint)
                    self._monitor.trial_started(trial, continued=continued)
                    self._started.add(trial.fingerprint)
        self._running[trial_id] = {trial.fingerprint: trial for trial in stack.trials}
        if not self._stacked:
            return self._task(stack.trials[0])
        return {
            "members": [self._task(trial) for trial in stack.trials],
            "alone_because": stack.alone_because,
            "withdrawable": self._work.pruning,
        }

    @property
    def planned(self) -> list[PlannedTrial]:
        """The trials of the phase that it is in."""
        return self._work.planned

    def _begin(self, phase: Phase) -> None:
        self._work = phase.work
        self._stacks = Stacks(phase.work, phase.first, self._most_stacked)

    @property
    def handed_out(self) -> Iterable[str]:
        """Ids of Tune's trials that have not ended, in the order in which they were handed out."""
        return self._running

    def _has_room(self) -> bool:
        return not self._running or len(self._running) < self._room()

    def _task(self, trial: PlannedTrial) -> dict[str, Any]:
        return {
            "fingerprint": trial.fingerprint,
            "trial": trial.config.to_dict(),
            "keep_model": self._models.wants(trial),
            "data_hash": self._data.hash_for(trial.config),
        }

    def prunes(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Record the endings of trials that are pruned now; return whether none is left.

        Tune asks this, through its scheduler, before `on_trial_result`. A worker that has
        others left finds the endings in the store, and trains those trials no further.
        """
        if not self._work.pruning:
            return False
        pruned = [
            trial
            for trial, _, status in self._reports(trial_id, result)
            if status == Unended.RUNNING and self._prunes(trial)
        ]
        return bool(pruned) and not self._running.get(trial_id)

    def _prunes(self, trial: PlannedTrial) -> bool:
        try:
            progress = self._store.read_progress(trial.fingerprint)
        except StoreError:
            return False  # the store is away: the trial goes on
        if progress is None or not self._work.prunes(trial, progress.history):
            return False
        with self._halt.guard():
            self._endings.write(trial, Ending.PRUNED, f"pruned after {progress.step} steps")
            self._take_in(trial)
        return True

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Take in a report, and the endings in it of some trials of a stack."""
        if "store_error" in result:
            self._halt.blame_store(result["store_error"])
        if "refusal" in result:
            self._halt.blame(UserError(result["refusal"]))
        for trial, step, status in self._reports(trial_id, result):
            self._monitor.trial_reported(trial, step)
            self._lost.reached(trial.fingerprint, step, result.get("node_id"))
            if status != Unended.RUNNING:
                with self._halt.guard():
                    self._take_in(trial)

    def lost_because(self, trial_id: str, why: str) -> None:
        """Take in why a worker is lost, which Tune tells its scheduler alone."""
        self._why[trial_id] = why

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Take in an ending, or the loss of a worker: then what it trained goes on elsewhere."""
        del result
        with self._halt.guard():
            lost = [
                trial
                for trial in list(self._running.get(trial_id, {}).values())
                if not self._take_in(trial, error=error)
            ]
            if lost:
                self._monitor.worker_lost(lost, self._why.pop(trial_id, "its process died"))
        self._running.pop(trial_id, None)

    def _reports(
        self, trial_id: str, result: Mapping[str, Any]
    ) -> Iterator[tuple[PlannedTrial, int, str]]:
        """Yield each running trial that reports, with its step and status."""
        running = dict(self._running.get(trial_id, {}))
        if "members" in result:
            for fingerprint, step, status in result["members"]:
                if fingerprint in running:
                    yield running[fingerprint], int(step), status
        elif "trial_step" in result:
            for trial in running.values():
                yield trial, int(result["trial_step"]), str(result["status"])

    def _take_in(self, trial: PlannedTrial, *, error: bool = False) -> bool:
        """Take in a trial's ending; return whether it has one, or else is to go on elsewhere.

        Args:
            trial: The trial, which runs no longer.
            error: Whether its worker was lost.

        Raises:
            StoreError: The store takes nothing more.
        """
        for running in self._running.values():
            running.pop(trial.fingerprint, None)
        record = self._endings.read(trial)
        # A pruning that is another study's, older than the trial or not, ends nothing here.
        if record is not None and not self._work.accepts(trial, record):
            record = None
        if record is None or (error and not record.is_final):
            if self._lost.lost(trial.fingerprint):
                apart = self._stacked and self._lost.suspects(trial.fingerprint)
                reason = f"its worker was lost {TOGETHER} times at the same step" if apart else ""
                self._stacks.again(trial, reason)
                return False
            reason = (
                f"its worker process ended or stalled {MOST} times at the same step, after "
                f"{self._lost.last_report(trial.fingerprint)}: it crashed, was killed (out of "
                "memory?), or its code ended the process"
            )
            record = self._endings.write(trial, Ending.FAILED, reason)
        for message in record.discarded:
            self._monitor.found_damaged(message)
        self._lost.ended(trial.fingerprint)
        self._work.end(trial, record)
        self._models.offer(trial, record)
        self._monitor.trial_ended(trial, record, reused=False)
        return True

    def running(self) -> list[PlannedTrial]:
        """Return the trials that were handed out and have not ended."""
        running = [trial for each in self._running.values() for trial in each.values()]
        again = [trial for trial in self._stacks.waiting if trial.fingerprint in self._started]
        return [*running, *again]

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its searcher for a restore that never happens here: the store remembers.
        return {}


def _living_nodes() -> set[str]:
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}
