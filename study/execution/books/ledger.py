"""Keeps the books of one study run while it runs."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from incay.study.errors import UserError
from incay.study.planning.search_reach import unreached
from incay.study.planning.trials import PlannedTrial
from incay.study.search.witness import outside_point, sampling
from incay.study.spec.settings import default_settings
from incay.study.spec.study import StudySpec
from incay.trainables.fingerprint import code_files, code_version
from incay.trainables.store.books import Books
from incay.trainables.store.kept import keep_code_modules, keep_own_modules
from incay.trainables.store.runs.arms import SearchEnd
from incay.trainables.store.shapes import (
    ArmBook,
    Budget,
    Frozen,
    Objective,
    StudyBook,
    TrialRow,
    Winner,
)
from incay.trainables.store.trials import Store

_SECONDS_BETWEEN_WRITES = 1.0
_LARGEST_SHARE = 0.05
"""Of the driver's time that writing the list of trials may take, however long it grows."""


class Ledger:
    """Writes a study's books and holds it to what was decided.

    Args:
        store: Where they are.
        spec: The study.
        arms: The arms whose search is run; none for the whole study.
    """

    def __init__(self, store: Store, spec: StudySpec, arms: Sequence[str] = ()) -> None:
        self._store = store
        self._spec = spec
        self._arms = tuple(arms)
        self.books = Books(store, spec.name, spec.run)
        self._listed: dict[tuple[str, str, int, int, int], TrialRow] = {}
        self._next_write = 0.0
        self._lock = threading.Lock()

    def open(self) -> list[str]:
        """Write what the study asks for and make it the study's latest run.

        Returns:
            What is told of books that were damaged, and are written anew.

        Raises:
            UserError: A point that they list is none that could be searched.
        """
        told = self.books.mend()
        if not self.books.has_trials():
            self.books.write_trials([])  # before the study: one without them is damaged
        for name in self._arms:
            self.books.arms.forget_search_end(name)
        if not self._arms:
            self.books.take_in_arms()
        outside = outside_point(self._spec, self.books)
        if outside:
            raise UserError(
                f"{outside}: it was altered. Remove the file, and the same command chooses its "
                "points again; no result is lost"
            )
        rows = self.books.trials()
        self._listed = {row.key: row for row in rows}
        known = self.books.study()
        book = study_book(self._spec)
        if known is not None:
            # Points that are listed already stay those of the version that has chosen them.
            by = known.sampling if rows else book.sampling
            book = replace(book, created=known.created or book.created, sampling=by)
        self.books.write_study(book)
        code = self._spec.code
        if code:
            keep_own_modules(self._store, code.digest, code.to_dict())
        for arm in self._spec.arms:
            version = code_version(arm.config)
            keep_code_modules(self._store, version, code_files(arm.config))
        return told

    def displaced(self, trials: Sequence[PlannedTrial]) -> list[str]:
        """Return what is told of trials that were listed at other points than they are searched at.

        One of another fingerprint is of other code or data, whose points were others.
        """
        told = []
        for trial in trials:
            row = self._listed.get(trial.key)
            if row is None or row.fingerprint != trial.fingerprint:
                continue
            if dict(row.params) != dict(trial.params):
                told.append(
                    f"{self.books.where}/trials.json had {row.arm!r}, search {row.label}, at "
                    f"{dict(row.params)}, and the results put it at {dict(trial.params)}"
                )
        return told

    def points(self) -> dict[tuple[str, int, int], Mapping[str, Any]]:
        """Return the points that another version has chosen in an earlier run of the search.

        Those of this version are chosen again: the same, unless somebody altered the list.
        """
        book = self.books.study()
        if book is None or book.sampling == sampling():
            return {}
        rows = self.books.trials()
        return {
            (row.arm, row.repetition, row.number): row.params
            for row in rows
            if row.phase == "search"
        }

    @property
    def is_due(self) -> bool:
        """Whether `keep` would write now."""
        return time.monotonic() >= self._next_write

    def keep(self, trials: Sequence[PlannedTrial], *, now: bool = False) -> None:
        """Write the list of trials, now and then unless `now`.

        What a killed driver has not written yet is no loss: the same points are chosen again.
        """
        with self._lock:
            started = time.monotonic()
            if not now and started < self._next_write:
                return
            self._write(trials)
            ended = time.monotonic()
            pause = max(_SECONDS_BETWEEN_WRITES, (ended - started) / _LARGEST_SHARE)
            self._next_write = ended + pause

    def _write(self, trials: Sequence[PlannedTrial]) -> None:
        for arm in self._arms:
            rows = [trial.to_row() for trial in trials if trial.arm == arm]
            self.books.arms.write_trials(arm, rows)
        if not self._arms:
            self.books.write_trials(trials)

    def end_arms(self) -> tuple[str, ...]:
        """Write that the search of the run's arms has ended; return those whose search has not.

        Written before it is asked of the others: of two that end at once, one at least knows of
        both.
        """
        versions = {arm.name: code_version(arm.config) for arm in self._spec.arms if arm.search}
        files = self.books.arms
        for arm in self._arms:
            if arm in versions:
                files.note_search_end(SearchEnd(arm=arm, code_version=versions[arm]))
        ended = {SearchEnd(arm=arm, code_version=each) for arm, each in versions.items()}
        return tuple(arm for arm in versions if files.search_end(arm) not in ended)

    def widen(self) -> None:
        """Go on with the books of the whole study, whose lease this driver now has."""
        self._arms = ()
        self.books.take_in_arms()

    def freeze(self, winners: Mapping[str, PlannedTrial]) -> dict[str, Mapping[str, Any]]:
        """Fix the winners of the searches and return their values, by `search_name`.

        Winners hold for the data and the training code that they were found with; with other
        data or code they are found and frozen anew, and the old file is kept.

        Raises:
            UserError: Other winners were frozen before, or the file was altered: the confirm
                phase has seen the test set, so they can no longer change.
        """
        chosen = Frozen.of(
            {
                arm: Winner(
                    fingerprint=trial.fingerprint,
                    params=dict(trial.params),
                    code_version=code_version(trial.config),
                )
                for arm, trial in winners.items()
            }
        )
        frozen = self.books.frozen()
        if frozen is not None:
            if not frozen.is_whole:
                raise UserError(
                    f"{self.books.where_frozen} must match its own hash, but does not: it was "
                    "altered after the winners were frozen"
                )
            if _basis(frozen) != _basis(chosen):
                self.books.write_frozen(frozen, former=True)
            elif frozen != chosen:
                raise UserError(
                    f"the winners of {self._spec.name!r} were frozen as {_brief(frozen)}, but the "
                    f"search now gives {_brief(chosen)}: the test set has been opened for the "
                    f"former. Remove {self.books.where} to start the study anew"
                )
        self.books.write_frozen(chosen)
        return {arm: winner.params for arm, winner in chosen.winners.items()}


def study_book(spec: StudySpec) -> StudyBook:
    """Return what a study that is run now for the first time asks for, as its books say it."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return StudyBook(
        name=spec.name,
        run=spec.run,
        question=spec.question,
        table=spec.header.table,
        columns=tuple(spec.header.columns),
        protocol=spec.header.protocol,
        overrides=tuple(spec.document.overrides),
        created=now,
        baseline=spec.baseline,
        factor=spec.header.factors,
        objective=Objective(**spec.objective.model_dump()),
        budget=_budget(spec) if spec.searches else None,
        unreached=tuple(unreached(spec)),
        sampling=sampling() if spec.searches else "",
        replicates=spec.replicates,
        looks=spec.looks,
        spending=spec.header.confirm.spending,
        repetitions=spec.repetitions,
        diverged_policy=spec.header.diverged,
        resources=spec.resources.model_dump(),
        code=spec.code.digest if spec.code else "",
        document=spec.document.values,
        defaults=default_settings(arm.config for arm in spec.arms),
        arms=tuple(
            ArmBook(
                name=arm.name,
                difference=dict(arm.difference),
                search=dict(arm.search),
                config=arm.config.to_dict(),
            )
            for arm in spec.arms
        ),
    )


def _budget(spec: StudySpec) -> Budget:
    # Readers need not know that trainings, where they are what is given, make so many points.
    return Budget(**{**spec.budget.model_dump(), "trials": spec.budget.points})


def _basis(frozen: Frozen) -> dict[str, str]:
    return {arm: winner.code_version for arm, winner in frozen.winners.items()}


def _brief(frozen: Frozen) -> str:
    return ", ".join(f"{arm}: {winner.params}" for arm, winner in frozen.winners.items())
