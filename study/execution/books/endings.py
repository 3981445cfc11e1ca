"""How trials ended: read from the store, and written there for those that could not do so."""

from __future__ import annotations

from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial
from incay.trainables.fingerprint import code_version
from incay.trainables.store.endings import Ending
from incay.trainables.store.patience import patiently
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store
from incay.trainables.worker.ending import end_trial
from incay.trainables.worker.provenance import now


class Endings:
    """The records of a study's trials.

    Args:
        store: Where they are.
        data: The study's data sets.
    """

    def __init__(self, store: Store, data: DataCatalog) -> None:
        self._store = store
        self._data = data

    def read(self, trial: PlannedTrial) -> TrialRecord | None:
        """Return the trial's record, None where there is none that can be used.

        Raises:
            StoreError: The store cannot be read.
        """
        try:
            return patiently(lambda: self._store.read_record(trial.fingerprint))
        except ForeignRecordError:
            raise
        except RecordError:
            return None  # damaged as soon as it was written: like none, so the trial is made again

    def has_result(self, trial: PlannedTrial) -> bool:
        """Return whether the trial has ended with a result."""
        record = self.read(trial)
        return record is not None and record.is_final

    def write(self, trial: PlannedTrial, status: Ending, reason: str) -> TrialRecord:
        """Record a trial that could not do so itself, with what it has reached.

        Raises:
            StoreError: The store takes nothing more.
        """
        return patiently(lambda: self._write(trial, status, reason))

    def _write(self, trial: PlannedTrial, status: Ending, reason: str) -> TrialRecord:
        progress = self._store.read_progress(trial.fingerprint) or Progress(
            step=0,
            seconds=0.0,
            config=trial.config.to_dict(),
            data_hash=self._data.hash_for(trial.config),
            code_version=code_version(trial.config),
            provenance={"started": now()},
            history=[],
        )
        return end_trial(self._store, trial.fingerprint, progress, status, reason)
