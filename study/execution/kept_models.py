"""Which trained networks of a study stay in the store: the best few; disks are finite."""

from __future__ import annotations

import json

from incay.study.planning.trials import PlannedTrial
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

_METRIC = "test.error"


class KeptModels:
    """Keeps the networks of the confirm trials with the least test error.

    That ranking serves the disk, not the study: no setting is chosen by it.

    Args:
        store: Where they are.
        study: The study's name.
        run: The study's run.
        most: How many to keep.
    """

    def __init__(self, store: Store, study: str, run: str, most: int) -> None:
        self._store = store
        self._path = f"studies/{study}/{run}/models.json"
        self._most = most
        self._errors: dict[str, float] = store.read_json(self._path) or {}

    def wants(self, trial: PlannedTrial) -> bool:
        """Return whether the trial is to leave its network when it completes."""
        return self._most > 0 and trial.phase == "confirm"

    def offer(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in a trial that has ended; remove the networks that are then not among the best.

        What another study of the store keeps stays.
        """
        error = record.metrics.get(_METRIC)
        if not self.wants(trial) or record.status != "completed" or error is None:
            return
        if not self._store.has_model(trial.fingerprint):
            return  # another study trained it, and has removed what it trained
        known = {**self._errors, trial.fingerprint: error}
        ranked = sorted(known.items(), key=lambda item: item[1])
        kept, removed = dict(ranked[: self._most]), ranked[self._most :]
        if kept != self._errors:
            self._errors = kept
            self._store.write(self._path, json.dumps(kept, indent=1).encode())
        elsewhere = self._kept_elsewhere() if removed else set()
        for fingerprint, _ in removed:
            if fingerprint not in elsewhere:
                self._store.delete_model(fingerprint)

    def _kept_elsewhere(self) -> set[str]:
        kept: set[str] = set()
        for study in self._store.list("studies"):
            for run in self._store.list(f"studies/{study}"):
                path = f"studies/{study}/{run}/models.json"
                if path != self._path:
                    kept |= set(self._store.read_json(path) or {})
        return kept
