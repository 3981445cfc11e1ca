"""Whether the points that a study's books list are those that its search chooses.

A search is a pure function of the study and of its results, so its points can be computed again.
A listed point that is another one was put there by somebody, or damaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from incay.study.errors import UserError
from incay.study.planning.trials import PlannedTrial, Planner, search_config
from incay.study.search.arm_search import ArmSearch
from incay.study.search.distributions import distribution
from incay.study.spec.paths import ANYWHERE
from incay.study.spec.reading.document import Document
from incay.study.spec.study import Arm, StudySpec, parse_study
from incay.trainables import names
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.shapes import TrialRow
from incay.trainables.store.trials import Store

_CHOOSING = 1
"""Of the code that chooses points: counted up when a study would get other ones."""


def sampling() -> str:
    """Return by what points are chosen: with another version they are others."""
    return f"{_CHOOSING}, optuna {version('optuna')}"


def outside_point(spec: StudySpec, books: Books) -> str:
    """Return which listed point lies outside of what is searched; empty if none does."""
    for arm in spec.arms:
        for row in _listed(books, arm):
            outside = _outside(arm, row.params)
            if outside:
                return _told(books, row, f"{outside} is outside of what is searched")
    return ""


def other_point(store: Store, spec: StudySpec, books: Books) -> str:
    """Return which listed point is not the one that the results give; empty if all are.

    Points that another version has chosen are not looked at, nor those that follow a trial
    without a result.
    """
    book = books.study()
    if book is None or book.sampling != sampling():
        return ""
    for arm in spec.arms:
        listed = _listed(books, arm)
        for repetition in range(spec.repetitions):
            rows = {
                (row.number, row.replicate): row for row in listed if row.repetition == repetition
            }
            found = _compared(store, spec, arm, rows, repetition) if rows else None
            if found is not None:
                return _told(books, *found)
    return ""


def strange_point_of_run(store: Store, study: str, run: str) -> str:
    """Return what is wrong with the points that a run lists, whose study file may be gone.

    A study that this version would refuse is not looked at: its points were another's to choose.
    """
    books = Books(store, study, run)
    book = books.study()
    if book is None or not any(arm.search for arm in book.arms):
        return ""
    try:
        spec = parse_study(Document(study, dict(book.document), data_root=ANYWHERE))
    except UserError:
        return ""
    return outside_point(spec, books) or other_point(store, spec, books)


def _listed(books: Books, arm: Arm) -> list[TrialRow]:
    """Return the search trials that are listed for an arm, in order."""
    rows = (row for row in books.trials() if (row.arm, row.phase) == (arm.name, "search"))
    return sorted(rows, key=lambda row: row.key)


def _told(books: Books, row: TrialRow, what: str) -> str:
    return (
        f"{books.where}/trials.json must list the points that the search chooses, but that of "
        f"{row.arm!r}, search {row.label}, {what}"
    )


def _outside(arm: Arm, params: Mapping[str, Any]) -> str:
    spaces = arm.spaces
    strange = next((name for name in params if name not in spaces), "")
    if strange:
        return f"{strange}={params[strange]!r}"
    for name, space in spaces.items():
        if space.applies(params) != (name in params):
            return f"{name}={params.get(name)!r}"
        if name in params:
            searched = distribution(space.range)
            try:
                inside = searched._contains(searched.to_internal_repr(params[name]))
            except (ValueError, TypeError):
                inside = False
            if not inside:
                return f"{name}={params[name]!r}"
    return ""


def _compared(
    store: Store,
    spec: StudySpec,
    arm: Arm,
    rows: Mapping[tuple[int, int], TrialRow],
    repetition: int,
) -> tuple[TrialRow, str] | None:
    """Return the first trial that is not listed as the search chooses it, and how it chooses."""
    listed = _Listed(spec, rows)
    search = ArmSearch(spec, arm, listed, store.history, {}, repetition=repetition)
    left = dict(rows)
    while not search.exhausted and search.ready:
        trial = search.take()
        row = left.pop((trial.number, trial.replicate), None)
        if row is None:
            return None  # a run that was interrupted: those that follow hang on it
        if dict(trial.params) != dict(row.params):
            there, chosen = dict(row.params), dict(trial.params)
            return row, f"is {there}, and the results put it at {chosen}"
        try:
            record = store.read_record(trial.fingerprint)
            if record is None or not record.is_final:
                return None  # the same
            seed = names.look_up(record.config, names.SEED)
            if seed != trial.config.seed:
                return row, f"has seed {seed}, and the search trains it with {trial.config.seed}"
            search.end(trial, record)
        except RecordError:
            return None
    if spec.budget.seeds > 1 and left and search.exhausted and spec.budget.seconds is None:
        return next(iter(left.values())), "is none that the search trains"
    return None


class _Listed(Planner):
    """Names trials by the books, which takes no data."""

    def __init__(self, spec: StudySpec, rows: Mapping[tuple[int, int], TrialRow]) -> None:
        self._study = spec
        self._rows = rows

    def search_trial(
        self,
        arm: Arm,
        number: int,
        params: Mapping[str, Any],
        replicate: int = 0,
        repetition: int = 0,
    ) -> PlannedTrial:
        """Return an arm's search trial, by the fingerprint that the books have."""
        config = search_config(self._study, arm, params, replicate, repetition)
        row = self._rows.get((number, replicate))
        name = "" if row is None else row.fingerprint
        return PlannedTrial(
            arm.name, "search", number, config, name, dict(params), replicate, repetition
        )
