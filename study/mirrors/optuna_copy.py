"""A copy of the searches for Optuna's own tools: one Optuna study per searched arm.

Searches do not need it: their points come from the study file and the store alone
(`incay.study.search.sampler`). Like MLflow it is filled from the store, at any time and any
number of times, and holds trials that have ended only, so that none is ever left running.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from incay.study.errors import IncayError, UserError
from incay.study.mirrors.base import FINGERPRINT, STATUS, StudyCopy, moment
from incay.study.mirrors.remedies import DamagedCopyError
from incay.study.search.distributions import DIRECTIONS, distribution
from incay.study.search.sampler import STATES
from incay.study.spec.searches.ranges import parse_space
from incay.trainables.outgoing import without_secrets
from incay.trainables.store.books import every_run
from incay.trainables.store.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

STORAGE = "INCAY_OPTUNA_STORAGE"
_JOURNAL = "optuna.journal"
_KIND = "a journal that this version of Optuna reads"
_NUMBER = "incay.number"


def storage_address(store: Store) -> str | Path:
    """Return where the copy of a store is.

    That is the database that INCAY_OPTUNA_STORAGE names, or a journal file beside the results.

    Raises:
        UserError: The store is remote and no database is named.
    """
    named = os.environ.get(STORAGE)
    if named:
        return named
    if store.local_root is None:
        raise UserError(
            f"{STORAGE} must name a database (e.g. postgresql+psycopg://…) for results at "
            f"{store.uri}: a journal file cannot lie on a remote file system"
        )
    return store.local_root / _JOURNAL


def open_storage(address: str | Path) -> BaseStorage:
    """Return the storage at a database's URL or a journal file's path."""
    if isinstance(address, str):
        return RDBStorage(address)
    address.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(address) and not address.is_file():  # a pipe would be read for ever
        raise DamagedCopyError(address, _KIND)
    return JournalStorage(JournalFileBackend(str(address)))


class OptunaCopy(StudyCopy):
    """Copies the searches of one study run; see `StudyCopy`."""

    def __init__(self, store: Store, study: str, run: str) -> None:
        super().__init__(store, study, run)
        self._title = f"{study} {run}"
        self._address = storage_address(store)
        self._known: set[tuple[str, int]] = set()  # trials that are in the copy

    def sync(self) -> None:
        """Add the search trials that have ended since."""
        book = self._books.study()
        searches = {arm.name: arm.search for arm in book.arms if arm.search} if book else {}
        if book is None or not searches:
            return
        metrics = book.objective.directions
        ended: dict[str, list[tuple[int, FrozenTrial]]] = {}
        for row in self._books.trials():
            if row.phase != "search" or (row.arm, row.number) in self._known:
                continue
            trial = self._trial(row, searches[row.arm], list(metrics))
            if trial is not None:
                ended.setdefault(row.arm, []).append((row.number, trial))
        if not ended:
            return  # an opened journal is read as a whole, and grows by that
        with self._alone():
            try:
                storage = open_storage(self._address)
                for arm, trials in ended.items():
                    self._add(storage, arm, trials, metrics)
            except IncayError:
                raise
            except Exception as error:
                # A journal is lines of JSON, which Optuna takes as they are: any error may follow.
                if isinstance(self._address, str):
                    raise
                raise DamagedCopyError(self._address, _KIND) from error

    def _add(
        self,
        storage: BaseStorage,
        arm: str,
        trials: list[tuple[int, FrozenTrial]],
        metrics: Mapping[str, str],
    ) -> None:
        study = optuna.create_study(
            study_name=f"{self._title} {arm}",
            storage=storage,
            load_if_exists=True,
            directions=[DIRECTIONS[mode] for mode in metrics.values()],
        )
        if study.metric_names is None:
            study.set_metric_names(list(metrics))
        present = {trial.user_attrs.get(_NUMBER) for trial in study.get_trials(deepcopy=False)}
        for number, trial in trials:
            if number not in present:
                study.add_trial(trial)
            self._known.add((arm, number))

    def _trial(
        self, row: TrialRow, search: Mapping[str, Any], metrics: list[str]
    ) -> FrozenTrial | None:
        """Return an ended trial in Optuna's words, None while it has no result."""
        try:
            record = self._store.read_record(row.fingerprint)
            if record is None or not record.is_final:
                return None
            reports = self._store.history(record)
        except RecordError:
            return None
        intermediate = {
            int(report["step"]): float(report[metrics[0]])
            for report in reports
            if report.get(metrics[0]) is not None
        }
        values = [record.metrics.get(name) for name in metrics]
        state = STATES[record.status.nature]
        if state == TrialState.COMPLETE and None in values:
            return None
        trial = optuna.trial.create_trial(
            state=state,
            params=dict(row.params),
            distributions={
                name: distribution(parse_space(search[name]).range) for name in row.params
            },
            values=values if state == TrialState.COMPLETE else None,
            intermediate_values=intermediate,
            user_attrs={
                _NUMBER: row.number,
                FINGERPRINT: row.fingerprint,
                STATUS: record.status,
                "incay.reason": without_secrets(record.reason),
            },
        )
        trial.datetime_start, trial.datetime_complete = _times(record)
        return trial

    def _alone(self) -> AbstractContextManager[Any]:
        """Keep two commands from adding the same trial to a journal file."""
        if isinstance(self._address, str):
            return nullcontext()
        self._address.parent.mkdir(parents=True, exist_ok=True)
        # Not `.lock`: that name is the journal's own, and the two would wait for each other.
        return FileLock(self._address.with_suffix(".copying"))


def copy_all(store: Store) -> None:
    """Copy the searches of every study in the store."""
    for books in every_run(store):
        OptunaCopy(store, books.name, books.run).sync()


def _times(record: TrialRecord) -> tuple[datetime.datetime, datetime.datetime]:
    """Return start and end in local time without a zone, as Optuna keeps them.

    Optuna has no ended trial without both: what is not known is the other, or long ago.
    """
    started, finished = moment(record.started), moment(record.finished)
    first = started or finished or datetime.datetime.fromtimestamp(0)
    last = max(finished or first, first, key=lambda at: at.timestamp())
    return _local(first), _local(last)


def _local(at: datetime.datetime) -> datetime.datetime:
    return at.astimezone().replace(tzinfo=None)
