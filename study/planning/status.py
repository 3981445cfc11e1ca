"""How far a study is, from the store alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from incay.study.spec.searches.grid import grid_trials
from incay.study.spec.searches.ranges import parse_space
from incay.trainables.store.books import Books
from incay.trainables.store.endings import ORDER, Status, Unended, count_statuses
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import ArmBook, Phase, StudyBook
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class PhaseStatus:
    """How far one arm is in one phase.

    Attributes:
        arm: The arm's name.
        phase: The phase.
        total: Trials that the phase asks for.
        statuses: How many of those that are planned already are said to be what.
    """

    arm: str
    phase: Phase
    total: int
    statuses: Mapping[Status, int]


@dataclass(frozen=True)
class StudyStatus:
    """How far a study is.

    Attributes:
        name: The study's name.
        run: Its run.
        variant: How the run differs from the study's file.
        phases: Every arm's phases.
    """

    name: str
    run: str
    variant: str
    phases: tuple[PhaseStatus, ...]

    @property
    def seen(self) -> list[Status]:
        """What is said of any trial, in order; completed ones are always asked for."""
        return [
            status
            for status in ORDER
            if status.is_whole or any(status in each.statuses for each in self.phases)
        ]


def study_status(store: Store, name: str, run: str) -> StudyStatus:
    """Return how far a run of a study is, which the store must know."""
    books = Books(store, name, run)
    study, rows = books.require_study(), books.trials()
    names = [row.fingerprint for row in rows]
    listed: dict[tuple[str, Phase], list[Status]] = {}
    for row, found in zip(rows, store.find_records(names), strict=True):
        status = _status(store, row.fingerprint, found)
        listed.setdefault((row.arm, row.phase), []).append(status)
    counts = Counter({phase: len(statuses) for phase, statuses in listed.items()})
    is_over = books.search_is_over(rows)
    phases = tuple(
        PhaseStatus(
            arm.name,
            phase,
            total,
            count_statuses(listed.get((arm.name, phase), ())),
        )
        for arm in study.arms
        for phase, total in _phases(study, arm, counts, is_over)
    )
    return StudyStatus(name, run, study.variant, phases)


def _status(store: Store, fingerprint: str, found: TrialRecord | RecordError | None) -> Status:
    if isinstance(found, RecordError):
        return Unended.DAMAGED
    if found is not None:
        return found.status
    return Unended.PENDING if store.read_progress(fingerprint) is None else Unended.RUNNING


def _phases(
    study: StudyBook, arm: ArmBook, listed: Mapping[tuple[str, Phase], int], is_over: bool
) -> Iterator[tuple[Phase, int]]:
    """Yield the phases of an arm, each with its number of trials.

    Args:
        study: The study.
        arm: The arm.
        listed: Trials so far, by arm and phase.
        is_over: Whether the search is, so that what a race has spared is known.
    """
    if arm.search:
        assert study.budget is not None
        budget, points = study.budget, study.budget.trials
        if budget.sampler == "grid":
            spaces = {name: parse_space(notation) for name, notation in arm.search.items()}
            points = grid_trials(spaces, points)
        trials = min(points * budget.seeds, budget.trainings or points * budget.seeds)
        raced = is_over and budget.race != "none"
        yield "search", listed[arm.name, "search"] if raced else trials * study.repetitions
    confirmed = listed[arm.name, "confirm"]
    looks = (look for look in study.looks if look >= confirmed)
    yield "confirm", next(looks, study.replicates)  # an arm that is decided goes no further
