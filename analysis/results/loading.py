"""Reading a study out of a store.

A record that is damaged, or of a newer schema, stands as a *problem* of its trial: it becomes
a cell that names it, never a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from incay.analysis.errors import AnalysisError
from incay.analysis.results.looks import note_look
from incay.analysis.results.study import Arm, StudyResults, Trial
from incay.trainables.errors import system_said
from incay.trainables.store.books import Books
from incay.trainables.store.opening import open_store
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.uncollected import nothing_collected
from incay.trainables.store.runs.asked import Asked
from incay.trainables.store.runs.known import latest_run, run_names, study_names
from incay.trainables.store.shapes import StudyBook, TrialRow
from incay.trainables.store.trials import Store


def load(
    results: str | Path | Store, study: str, run: str | None = None, *, noted: bool = True
) -> StudyResults:
    """Read a study's results.

    Args:
        results: The store, or where it lies (a path or any URI of `pyarrow.fs`).
        study: The study's name.
        run: Hash of its resolved document; the latest one by default.
        noted: Whether somebody may see them, which leaves a line in the study's books: see
            `incay.analysis.results.looks`.

    Raises:
        UserError: The store's place is none.
        AnalysisError: There is no such study or run, or its files are damaged or of a newer
            schema. Damaged *records* raise nothing: see `Trial.problem`.
    """
    store = results if isinstance(results, Store) else open_store(results, "results")
    with nothing_collected():
        books, book, rows = _read_books(store, study, run)
        try:
            found = _assemble(store, book, _read_trials(store, book, rows))
        except RecordError as error:
            raise AnalysisError(f"{books.where}: {error}") from error
    if noted:
        note_look(found, "load")
    return found


def outline(store: Store, study: str, run: str) -> StudyResults:
    """Read what a run asks for and which trials it has, without how any of them ended.

    Raises:
        AnalysisError: As of `load`.
    """
    _, book, rows = _read_books(store, study, run)
    return _assemble(store, book, [Trial(**vars(row)) for row in rows])


def _read_books(
    store: Store, study: str, run: str | None
) -> tuple[Books, StudyBook, list[TrialRow]]:
    try:
        books = Books(store, study, _latest(store, study) if run is None else run)
        book, rows = books.study(), books.trials()
        if book is None:
            raise AnalysisError(
                f"run of study {study!r} must be one of {_listed(run_names(store, study))}, but "
                f"got {run!r}"
            )
    except OSError as error:
        raise AnalysisError(
            f"results at {store.uri} cannot be read: {system_said(error)}"
        ) from error
    except RecordError as error:
        raise AnalysisError(str(error)) from error
    return books, book, rows


def _latest(store: Store, study: str) -> str:
    latest = latest_run(store, study)
    if latest is None:
        raise AnalysisError(
            f"study must be one of {_listed(study_names(store))} in {store.uri}, but got "
            f"{study!r}: nothing has been run under this name there"
        )
    return latest


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "(none)"


def _read_trials(store: Store, book: StudyBook, planned: Sequence[TrialRow]) -> list[Trial]:
    arms = {arm.name: Asked(arm) for arm in book.arms}
    found = store.find_records([row.fingerprint for row in planned])
    trials = []
    for row, record in zip(planned, found, strict=True):
        if isinstance(record, RecordError):
            trials.append(Trial(**vars(row), problem=str(record)))
            continue
        other = "" if record is None else arms[row.arm].problem(row, record.config)
        if other:
            where = f"{store.where(Books(store, book.name, book.run).folder)}/trials.json"
            other = (
                f"{where} must list the trials of each arm, but {row.fingerprint} is not one of "
                f"{row.arm!r}: {other}"
            )
        trials.append(Trial(**vars(row), record=None if other else record, problem=other))
    return trials


def _assemble(store: Store, book: StudyBook, trials: list[Trial]) -> StudyResults:
    of_arm: dict[str, list[Trial]] = {arm.name: [] for arm in book.arms}
    for trial in trials:
        of_arm[trial.arm].append(trial)
    for each in of_arm.values():
        each.sort(key=lambda trial: (trial.phase != "search", *trial.key[2:]))
    arms = tuple(Arm(**vars(arm), trials=tuple(of_arm[arm.name])) for arm in book.arms)
    return StudyResults(**{**vars(book), "arms": arms}, store=store)
