"""Which trained networks of a study stay in the store: a few; disks are finite.

Which ones is never a matter of the test error: the least of many flatters, and whoever reports it
reports luck.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from functools import cached_property

from incay.study.planning.trials import PlannedTrial
from incay.trainables import metrics
from incay.trainables.store.books import Books
from incay.trainables.store.kept import Choice, KeptModel
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.runs.known import every_run
from incay.trainables.store.trials import Store

_VALIDATION = metrics.ERROR.of(metrics.VALIDATION)


class KeptModels:
    """Keeps the networks of the confirm trials with the least validation error.

    A confirm trial trains on all images as a rule, so that the validation error is that of its
    arm's winner in the search. Trials without any come after those with one, and among equals the
    first seed comes first, in the arms' order.

    Args:
        store: Where they are.
        study: The study's name.
        run: The study's run.
        most: How many to keep.
        arms: Names of the study's arms, in their order.
    """

    def __init__(
        self, store: Store, study: str, run: str, most: int, arms: Sequence[str] = ()
    ) -> None:
        self._store = store
        self._books = Books(store, study, run)
        self._most = most
        self._order = {name: index for index, name in enumerate(arms)}
        self._searched: dict[tuple[str, str], dict[tuple[int, int], dict[int, float]]] = {}

    @cached_property  # read once the run has mended its books
    def _kept(self) -> dict[str, KeptModel]:
        return self._books.models()

    def wants(self, trial: PlannedTrial) -> bool:
        """Return whether the trial is to leave its network when it completes."""
        return self._most > 0 and trial.phase == "confirm"

    def offer(self, trial: PlannedTrial, record: TrialRecord) -> None:
        """Take in a trial that has ended; remove the networks that are then not among the first.

        A search trial leaves its validation error. What another study of the store keeps stays.
        """
        if not record.is_whole or self._most <= 0:
            return
        if trial.phase == "search":
            self._search_trial(trial, record)
            return
        if not self.wants(trial) or not self._store.models.exists(trial.fingerprint):
            return  # if it is not there, another study trained it, and has removed what it trained
        known = {**{trial.fingerprint: self._entry(trial, record)}, **self._kept}
        ranked = sorted(known.items(), key=lambda item: self._rank(item[1]))
        kept, removed = dict(ranked[: self._most]), ranked[self._most :]
        if kept != self._kept:
            self._kept = kept
            self._books.write_models(kept)
        if not removed:
            return
        try:
            elsewhere = self._kept_elsewhere()
        except RecordError:
            return  # another study's list is damaged: what it keeps may be among these
        for fingerprint, _ in removed:
            if fingerprint not in elsewhere:
                self._store.models.delete(fingerprint)

    def _search_trial(self, trial: PlannedTrial, record: TrialRecord) -> None:
        error = record.metrics.get(_VALIDATION)
        if error is not None:
            of_point = self._searched.setdefault(_point(trial), {})
            of_point.setdefault((trial.repetition, trial.number), {})[trial.replicate] = error

    def _entry(self, trial: PlannedTrial, record: TrialRecord) -> KeptModel:
        searched = self._searched.get(_point(trial), {}).values()
        best = min((statistics.fmean(each.values()) for each in searched), default=None)
        error = record.metrics.get(_VALIDATION, best)
        return KeptModel(
            arm=trial.arm,
            number=trial.number,
            chosen_by=Choice.SEED if error is None else Choice.VALIDATION,
            validation_error=error,
        )

    def _rank(self, kept: KeptModel) -> tuple[bool, bool, float, int, int, str]:
        error = kept.validation_error
        place = (kept.number, self._order.get(kept.arm, len(self._order)), kept.arm)
        return kept.chosen_by is Choice.EARLIER, error is None, error or 0.0, *place

    def _kept_elsewhere(self) -> set[str]:
        others = (books for books in every_run(self._store) if books.folder != self._books.folder)
        return {fingerprint for books in others for fingerprint in books.models()}


def _point(trial: PlannedTrial) -> tuple[str, str]:
    """Return what a confirm trial and its arm's winner have in common."""
    return trial.arm, json.dumps(trial.params, sort_keys=True, default=str)
