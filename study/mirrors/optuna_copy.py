"""A copy of the searches for Optuna's own tools: one Optuna study per search of an arm.

Searches do not need it: their points come from the study file and the store alone
(`incay.study.search.sampler`). Like MLflow it is filled from the store, at any time and any
number of times, and holds trials that have ended only, so that none is ever left running.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from incay.study.errors import HaltedError, IncayError, UserError
from incay.study.mirrors.base import StudyCopy
from incay.study.mirrors.optuna_points import NUMBER, copied_point
from incay.study.mirrors.remedies import DamagedCopyError
from incay.study.search.distributions import DIRECTIONS
from incay.study.search.quiet import quieten
from incay.trainables.errors import first_line
from incay.trainables.store.runs.known import every_run
from incay.trainables.store.shapes import Budget, StudyBook, TrialRow, search_name
from incay.trainables.store.trials import Store

quieten()

STORAGE = "INCAY_OPTUNA_STORAGE"
_JOURNAL = "optuna.journal"
_KIND = "a journal that this version of Optuna reads"


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


def _refused(error: Exception) -> IncayError:
    """Return the error for what a database, or Optuna before it asks one, says against the copy."""
    said = first_line(error)
    kinds = {kind.__name__ for kind in type(error).mro()}  # SQLAlchemy is no dependency of ours
    if kinds & {"ArgumentError", "ImportError"}:
        return UserError(
            f"{STORAGE} must be the URL of a database that Optuna takes, such as "
            f"postgresql+psycopg://host/name, but: {said}"
        )
    return HaltedError(
        f"the database that {STORAGE} names must take the searches, but says: {said}. Nothing is "
        "lost: once it takes them, `incay sync` goes on from here"
    )


class OptunaCopy(StudyCopy):
    """Copies the searches of one study run; see `StudyCopy`."""

    def __init__(self, store: Store, study: str, run: str) -> None:
        super().__init__(store, study, run)
        self._title = f"{study} {run}"
        self._address = storage_address(store)
        self._known: set[tuple[str, int]] = set()  # trials that are in the copy

    def sync(self) -> None:
        """Add the search trials that have ended since.

        Raises:
            UserError: The copy is damaged, or named by what is no database's URL.
            HaltedError: The database takes nothing now.
        """
        book = self._books.study()
        searches = {arm.name: arm.search for arm in book.arms if arm.search} if book else {}
        if book is None or not searches:
            return
        metrics = book.objective.directions
        seeds = 1 if book.budget is None else book.budget.seeds
        ended: dict[str, list[tuple[int, FrozenTrial]]] = {}
        for (name, number), rows in self._points(book).items():
            trial = copied_point(self._store, rows, seeds, searches[rows[0].arm], list(metrics))
            if trial is not None:
                ended.setdefault(name, []).append((number, trial))
        if not ended:
            return  # an opened journal is read as a whole, and grows by that
        with self._alone():
            try:
                storage = open_storage(self._address)
                for name, trials in ended.items():
                    self._add(storage, name, trials, metrics)
            except (IncayError, OSError):  # a full disk is no damage
                raise
            except Exception as error:
                # A journal is lines of JSON, which Optuna takes as they are: any error may follow.
                if isinstance(self._address, str):
                    raise _refused(error) from error
                raise DamagedCopyError(self._address, _KIND) from error

    def _points(self, book: StudyBook) -> dict[tuple[str, int], list[TrialRow]]:
        """Return the trials of the points that get no further one and are not in the copy.

        They are by search and number.
        """
        found: dict[tuple[str, int], list[TrialRow]] = {}
        latest: Counter[str] = Counter()
        listed = self._books.trials()
        for row in listed:
            if row.phase == "search":
                name = search_name(row.arm, row.repetition)
                found.setdefault((name, row.number), []).append(row)
                latest[name] = max(latest[name], row.number)
        budget = book.budget or Budget()
        is_over = budget.seeds > 1 and self._books.search_is_over(listed)
        return {
            (name, number): rows
            for (name, number), rows in found.items()
            if (name, number) not in self._known
            # A point ends before that which is chosen from its outcome begins.
            if len(rows) == budget.seeds or is_over or latest[name] >= number + budget.parallel
        }

    def _add(
        self,
        storage: BaseStorage,
        name: str,
        trials: list[tuple[int, FrozenTrial]],
        metrics: Mapping[str, str],
    ) -> None:
        study = optuna.create_study(
            study_name=f"{self._title} {name}",
            storage=storage,
            load_if_exists=True,
            directions=[DIRECTIONS[mode] for mode in metrics.values()],
        )
        if study.metric_names is None:
            study.set_metric_names(list(metrics))
        present = {trial.user_attrs.get(NUMBER) for trial in study.get_trials(deepcopy=False)}
        for number, trial in trials:
            if number not in present:
                study.add_trial(trial)
            self._known.add((name, number))

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
