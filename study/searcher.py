"""Tune asks here what to train next, and tells here what became of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import ray
from ray.tune.search import Searcher

from study.halt import Halt
from study.kept_models import KeptModels
from study.lost_workers import MOST, LostWorkers
from study.monitor import Monitor
from study.plan import DataCatalog, PlannedTrial
from study.work import Signal, Work
from trainables.fingerprint import code_version
from trainables.patience import patiently
from trainables.provenance import now
from trainables.records import RecordError, Status, TrialRecord
from trainables.session import end_trial
from trainables.store import Store


class WorkSearcher(Searcher):
    """Hands a phase's work to Tune, trial by trial.

    Nothing here can fail for outside reasons but the store, and that ends the run in good
    order through `halt`: an exception in a searcher would break it.
    """

    def __init__(
        self,
        work: Work,
        first: PlannedTrial,
        monitor: Monitor,
        store: Store,
        data: DataCatalog,
        halt: Halt,
        models: KeptModels,
    ) -> None:
        super().__init__()
        self._work = work
        # Taken before Ray was started, to learn whether there is anything to train.
        self._first: PlannedTrial | None = first
        self._monitor = monitor
        self._store = store
        self._data = data
        self._halt = halt
        self._models = models
        self._trials: dict[str, PlannedTrial] = {}
        # Tune's own retries count lost nodes as failures, and lose trials whose reused worker
        # turns out to be dead. So none are used: a trial that lost its worker is a new one to
        # Tune, and goes on from its checkpoint.
        self._again: deque[PlannedTrial] = deque()
        self._lost = LostWorkers(_living_nodes)

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the next trial's configuration, None to wait or FINISHED."""
        trial: PlannedTrial | Signal = Signal.WAIT
        if self._again:
            trial = self._again.popleft()
        else:
            with self._halt.guard():
                trial = self._first or self._work.next()
                self._first = None
                if isinstance(trial, PlannedTrial):
                    continued = self._store.has_checkpoint(trial.fingerprint)
                    self._monitor.trial_started(trial, continued=continued)
        if trial is Signal.DONE and not self._trials:
            finished: str = Searcher.FINISHED
            return finished
        if not isinstance(trial, PlannedTrial):
            return None  # one that runs may lose its worker yet
        self._trials[trial_id] = trial
        return {
            "fingerprint": trial.fingerprint,
            "trial": trial.config.to_dict(),
            "keep_model": self._models.wants(trial),
            "data_hash": self._data.hash(trial.config.dataset),
        }

    def prunes(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Return whether to end the trial now; its ending is then recorded already.

        Tune asks this, through its scheduler, before `on_trial_result`.
        """
        trial = self._trials.get(trial_id)
        if trial is None or result.get("status") != "running" or not self._work.pruning:
            return False
        try:
            progress = self._store.read_progress(trial.fingerprint)
        except OSError:
            return False  # the store is away: the trial goes on
        if progress is None or not self._work.prunes(trial, progress["history"]):
            return False
        with self._halt.guard():
            self.record_ending(trial, "pruned", f"pruned after {progress['step']} steps")
        return True

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Take in a report."""
        trial = self._trials.get(trial_id)
        if "store_error" in result:
            self._halt.blame_store(result["store_error"])
        elif trial is not None and "trial_step" in result:
            step = int(result["trial_step"])
            self._monitor.trial_reported(trial, step)
            self._lost.reached(trial.fingerprint, step, result.get("node_id"))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Take in an ending, or the loss of a worker: then the trial goes on elsewhere."""
        del result
        trial = self._trials.pop(trial_id, None)
        if trial is None:
            return
        with self._halt.guard():
            record = self._record(trial.fingerprint)
            if record is None or (error and not record.is_final):
                if self._lost.lost(trial.fingerprint):
                    self._again.append(trial)
                    self._monitor.worker_lost()
                    return
                reason = f"its worker process died or stalled {MOST} times at the same step"
                record = self.record_ending(trial, "failed", reason)
            for attempt in record.provenance.get("attempts", ()):
                if "discarded" in attempt:
                    self._monitor.found_damaged(attempt["discarded"])
            self._work.end(trial, record)
            self._models.offer(trial, record)
            self._monitor.trial_ended(trial, record, reused=False)

    def _record(self, fingerprint: str) -> TrialRecord | None:
        try:
            return patiently(lambda: self._store.read_record(fingerprint))
        except RecordError:
            return None  # damaged as soon as it was written: like none, so the trial is made again

    def has_result(self, trial: PlannedTrial) -> bool:
        """Return whether the trial has ended with a result."""
        record = self._record(trial.fingerprint)
        return record is not None and record.is_final

    def running(self) -> list[PlannedTrial]:
        """Return the trials that were handed out and have not ended."""
        return [*self._trials.values(), *self._again]

    def save(self, checkpoint_path: str) -> None:
        """Nothing is saved: the store remembers, and a new run asks it."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing is restored: the store remembers, and a new run asks it."""

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its searcher for a restore that never happens here.
        return {}

    def record_ending(self, trial: PlannedTrial, status: Status, reason: str) -> TrialRecord:
        """Record a trial that could not do so itself, with what it has reached.

        Raises:
            OSError: The store takes nothing more.
        """
        return patiently(lambda: self._record_ending(trial, status, reason))

    def _record_ending(self, trial: PlannedTrial, status: Status, reason: str) -> TrialRecord:
        progress = self._store.read_progress(trial.fingerprint) or {
            "step": 0,
            "seconds": 0.0,
            "config": trial.config.to_dict(),
            "data_hash": self._data.hash(trial.config.dataset),
            "code_version": code_version(trial.config),
            "provenance": {"started": now()},
            "history": [],
        }
        return end_trial(self._store, trial.fingerprint, progress, status, reason)


def _living_nodes() -> set[str]:
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}
