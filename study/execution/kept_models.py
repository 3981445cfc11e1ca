"""Which trained networks of a study stay in the store: the best few; disks are finite."""

from __future__ import annotations

from incay.study.planning.trials import PlannedTrial
from incay.trainables import metrics
from incay.trainables.store.books import Books, every_run
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

_METRIC = metrics.ERROR.of(metrics.TEST)


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
        self._books = Books(store, study, run)
        self._most = most
        self._errors = self._books.models()

    def wants(self, trial: PlannedTrial) -> bool:
        """Return whether the trial is to leave its network when it completes."""
        return self._most > 0 and trial.phase == "confirm"

    def offer(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in a trial that has ended; remove the networks that are then not among the best.

        What another study of the store keeps stays.
        """
        error = record.metrics.get(_METRIC)
        if not self.wants(trial) or not record.is_whole or error is None:
            return
        if not self._store.models.exists(trial.fingerprint):
            return  # another study trained it, and has removed what it trained
        known = {**self._errors, trial.fingerprint: error}
        ranked = sorted(known.items(), key=lambda item: item[1])
        kept, removed = dict(ranked[: self._most]), ranked[self._most :]
        if kept != self._errors:
            self._errors = kept
            self._books.write_models(kept)
        elsewhere = self._kept_elsewhere() if removed else set()
        for fingerprint, _ in removed:
            if fingerprint not in elsewhere:
                self._store.models.delete(fingerprint)

    def _kept_elsewhere(self) -> set[str]:
        others = (books for books in every_run(self._store) if books.folder != self._books.folder)
        return {fingerprint for books in others for fingerprint in books.models()}
