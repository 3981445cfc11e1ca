"""One trial with its durable side: checkpoint, progress and record in the store.

Free of Ray, so that a trial can also be trained by a plain function call (`train`).
"""

from __future__ import annotations

import contextlib
import io
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import torch

from incay.trainables.data.base import ImageData
from incay.trainables.data.outside import outside_of
from incay.trainables.errors import said
from incay.trainables.exits import asked_from_outside, place_of
from incay.trainables.fingerprint import code_version, is_own
from incay.trainables.outgoing import without_secrets
from incay.trainables.source.tree import own_code
from incay.trainables.store.endings import Ending
from incay.trainables.store.measured import OWN_MEASURES, UNMEASURED
from incay.trainables.store.patience import is_hopeless, patiently
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.reading.written import trial_progress
from incay.trainables.store.records import SKIPPED, TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store
from incay.trainables.training.opened import OpenTrainer
from incay.trainables.training.prepared import prepare
from incay.trainables.training.trainer import DivergedError
from incay.trainables.worker.chance import draws_at_random, seed_global_states
from incay.trainables.worker.checkpoint import require_finite, require_own
from incay.trainables.worker.ending import end_trial
from incay.trainables.worker.interval import checkpoint_seconds
from incay.trainables.worker.measuring.measuring import measure_report
from incay.trainables.worker.measuring.own import own_measures
from incay.trainables.worker.model import save_model
from incay.trainables.worker.prepared_once import Prepare
from incay.trainables.worker.provenance import device_name, environment, now
from incay.trainables.worker.recording import evaluation_tables
from incay.trainables.worker.task import TrialTask
from incay.trainables.worker.weights import weight_histograms


class TrialSession:
    """Trains a trial from report to report, resuming where a checkpoint lies in the store.

    Args:
        task: The trial.
        data: Its data set.
        store: Where it is recorded.
        device: Where it is trained.
        on_batch: Called before each batch, of training and of evaluation alike.
        prepare_data: Splits the data set and brings it to the device.

    Raises:
        UserError: The environment says no time between checkpoints.
    """

    def __init__(
        self,
        task: TrialTask,
        data: ImageData,
        store: Store,
        device: torch.device,
        on_batch: Callable[[], None] | None = None,
        prepare_data: Prepare = prepare,
    ) -> None:
        self.task = task
        self.store = store
        self.record: TrialRecord | None = None
        self._data = data
        self._device = device
        self._on_batch = on_batch
        self._prepare_data = prepare_data
        self._trainer: OpenTrainer | None = None  # built, or brought back, by `prepare`
        self._initial_weights: pa.Table | None = None
        # There may be one when it begins: what another study has pruned, this one may train on.
        self._result_before: str | None = None
        self._provenance: dict[str, Any] = {"started": now(), "attempts": []}
        self._unmeasured: dict[str, str] = {}
        self._seconds_before = 0.0
        self._started = self._checkpointed = time.monotonic()
        self._between_checkpoints = checkpoint_seconds()

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        return 0 if self._trainer is None else self._trainer.step

    def prepare(self) -> None:
        """Build the trainer, or bring it back from its checkpoint; `advance` does so by itself.

        What goes wrong is the trial's ending, as in `advance`.
        """
        with self._recorded():
            self._trainer = self._trainer or self._begin()

    def advance(self) -> dict[str, float]:
        """Train to the next report and keep it; when the trial ends, write its record.

        Returns:
            The report's metrics, or the last known ones if the trial diverged or failed.

        Raises:
            StoreError: The store takes nothing more.
            ForeignRecordError: A newer program has recorded the trial meanwhile.
        """
        with self._recorded():
            trainer = self._trainer = self._trainer or self._begin()
            metrics = trainer.advance()
            # It is the report that the history holds.
            with trainer.as_evaluated():
                measured = measure_report(trainer, outside_of(self._data))
            for name, value in measured.metrics.items():
                metrics.setdefault(name, value)  # a measure never replaces what was evaluated
            self._unmeasured = {
                name: without_secrets(why) for name, why in measured.failures.items()
            }
            if trainer.finished:
                if self.task.keep_model:
                    patiently(
                        lambda: save_model(self.store, self.task.fingerprint, trainer, self._data)
                    )
                ending = Ending.STOPPED if trainer.stopped else Ending.COMPLETED
                tables = evaluation_tables(trainer, measured.records, self._initial_weights)
                self._end(ending, trainer.stopped, tables)
                return metrics
            self._keep(trainer)
        return dict(self._history[-1]) if self._history else {}

    @contextlib.contextmanager
    def _recorded(self) -> Iterator[None]:
        """Write the record of a trial that diverges or fails inside of the block."""
        try:
            yield
        except DivergedError as error:
            self._end(Ending.DIVERGED, str(error), step=error.step)
        except (StoreError, ForeignRecordError):
            raise  # not the trial's fault, and nowhere to record it
        except Exception as error:
            self._fail(f"{type(error).__name__}: {said(error)}")
        except BaseException as error:
            if asked_from_outside(error):
                raise
            what = ": ".join(text for text in (type(error).__name__, said(error)) if text)
            self._fail(f"{what} (a trial must not end the program: {place_of(error)})")

    def _fail(self, reason: str) -> None:
        """Record the exception that is being handled as the trial's ending."""
        self._end(Ending.FAILED, f"{reason}\n{traceback.format_exc(limit=-4)}")

    def leave(self) -> None:
        """Keep a checkpoint of an unfinished trial that somebody may go on with."""
        if self.record is not None or self._trainer is None:
            return
        # Where the store is away or full, an older checkpoint costs some work, no result.
        with contextlib.suppress(OSError):
            if not self._ended_elsewhere():
                self._checkpoint(self._trainer)

    def _ended_elsewhere(self) -> bool:
        """Return whether somebody, such as a driver that prunes, has recorded a result since."""
        return self._result() not in (None, self._result_before)

    def _result(self) -> str | None:
        """Return when the trial's result was recorded, None where there is none to be seen."""
        try:
            record = self.store.read_record(self.task.fingerprint)
        except (RecordError, OSError):  # damaged, or the store is away: the trial goes on
            return None
        return record.finished if record and record.is_final else None

    def _keep(self, trainer: OpenTrainer) -> None:
        try:
            self.store.write_progress(self.task.fingerprint, self._progress())
            if time.monotonic() - self._checkpointed >= self._between_checkpoints:
                self._checkpoint(trainer)
        except StoreError as error:
            if is_hopeless(error):
                raise
            # The store is away: the trial needs it at its end only, and may go on until then.

    def _checkpoint(self, trainer: OpenTrainer) -> None:
        buffer = io.BytesIO()
        torch.save({"trainer": trainer.state_dict(), "meta": self._progress().to_dict()}, buffer)
        self.store.checkpoints.write(self.task.fingerprint, buffer.getvalue())
        self._checkpointed = time.monotonic()

    def _begin(self) -> OpenTrainer:
        self._result_before = self._result()
        trainer = self._resumed() or self._built()
        self._provenance["attempts"].append(
            {"host": environment()["host"], "started": now(), "from_step": trainer.step}
        )
        if self._on_batch is not None:
            on_batch = self._on_batch
            trainer.network.register_forward_pre_hook(lambda *_: on_batch())
        config = self.task.config
        if is_own(config) or draws_at_random(trainer.network):
            trainer.network.register_forward_pre_hook(
                lambda *_: seed_global_states(config.seed, trainer.step)
            )
        return trainer

    def _new_trainer(self) -> OpenTrainer:
        config = self.task.config
        data = self._prepare_data(config, self._data, self._device)
        return OpenTrainer(config, data, self._device)

    def _built(self) -> OpenTrainer:
        """Return a trainer that has not begun: its seed gives the same initial weights each time.

        The models of a search, to which the test split is sealed, are not looked into.
        """
        trainer = self._new_trainer()
        if self.task.config.split.test != "sealed":
            self._initial_weights = weight_histograms(trainer.network, trainer.loss, "initial")
        return trainer

    def _resumed(self) -> OpenTrainer | None:
        """Return a trainer that goes on from the checkpoint, None if there is none to use."""
        try:
            content = patiently(lambda: self.store.checkpoints.read(self.task.fingerprint))
        except RecordError as error:
            # A damaged checkpoint costs its work, never the trial; the record says so.
            self._discard(str(error))
            return None
        if content is None:
            return None
        trainer = self._built()
        try:
            state = torch.load(io.BytesIO(content), map_location=self._device, weights_only=True)
            reached = trial_progress(state["meta"], "the checkpoint")
            require_own(state["trainer"], reached, self.task.fingerprint)
            trainer.load_state_dict(state["trainer"])
            require_finite((*trainer.network.parameters(), *trainer.loss.parameters()))
        except Exception as error:
            # Not a checkpoint of this trial, or one that wants to run code: it is not used.
            self._discard(str(error) or type(error).__name__)
            return None
        self._provenance = dict(reached.provenance)
        self._seconds_before = reached.seconds
        return trainer

    def _discard(self, what: str) -> None:
        self._provenance["attempts"].append({"discarded": without_secrets(what)[:500]})

    @property
    def _history(self) -> list[dict[str, float]]:
        return [] if self._trainer is None else self._trainer.history

    def _progress(self) -> Progress:
        return Progress(
            step=self.step,
            seconds=self._seconds(),
            config=self.task.config.to_dict(),
            data_hash=self.task.data_hash,
            code_version=code_version(self.task.config),
            provenance={**self._provenance, **environment(), **self._circumstances()},
            history=self._history,
        )

    def _seconds(self) -> float:
        return self._seconds_before + self._spent()

    def _spent(self) -> float:
        """Return the seconds that this process has trained the trial for."""
        return time.monotonic() - self._started

    def _circumstances(self) -> dict[str, Any]:
        train, test = self._data.skipped
        skipped = {SKIPPED: {"train": train, "test": test}} if train + test else {}
        told = own_measures()
        is_theirs = bool(told) or is_own(self.task.config)
        own = {"own_code": own_code.version} if is_theirs else {}
        return {
            **skipped,
            **own,
            **({OWN_MEASURES: told} if told else {}),
            **({UNMEASURED: self._unmeasured} if self._unmeasured else {}),
            "device": device_name(self._device),
            "device_type": self._device.type,
            "threads": torch.get_num_threads(),
        }

    def _end(
        self,
        status: Ending,
        reason: str,
        tables: Mapping[str, pa.Table] | None = None,
        step: int | None = None,
    ) -> None:
        progress = self._progress()
        self.record = patiently(
            lambda: end_trial(
                self.store, self.task.fingerprint, progress, status, reason, tables, step
            )
        )


def train(task: TrialTask, data: ImageData, store: Store, device: torch.device) -> TrialRecord:
    """Train a trial to its end in this process and return its record."""
    session = TrialSession(task, data, store, device)
    while session.record is None:
        session.advance()
    return session.record
