"""A store of studies of equal arms, made fast: real books, and records that are kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.results.loading import load
from incay.analysis.results.study import StudyResults
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import ArmBook, Look, StudyBook, TrialRow
from incay.trainables.store.trials import Store

Run = tuple[str, str]
"""Study and run."""


def trial(arm: int, seed: int) -> str:
    """Return the fingerprint of an arm's trial."""
    return f"{arm:010d}{seed:010d}"


class MemoryStore(Store):
    """A store whose records are a mapping of errors by fingerprint."""

    errors: dict[str, float]

    def find_records(self, fingerprints: Iterable[str]) -> list[TrialRecord | RecordError | None]:
        """Return the records of those that have an error."""
        return [self._record(each) if each in self.errors else None for each in fingerprints]

    def _record(self, fingerprint: str) -> TrialRecord:
        return TrialRecord(
            fingerprint=fingerprint,
            status=Ending.COMPLETED,
            config={"seed": int(fingerprint[10:])},
            step=10,
            metrics={"test.error": self.errors[fingerprint]},
            data_hash="",
            code_version="",
            provenance={},
        )


class EqualArms:
    """Arms that differ in nothing but luck, and a clock that goes on with every step.

    Args:
        root: Of the store.
        random: What their errors are drawn from.
        arms: How many there are.
    """

    def __init__(self, root: Path, random: np.random.Generator, arms: int = 6) -> None:
        self.store = MemoryStore(root)
        self.store.errors = {}
        self.random = random
        self.arms = arms
        self._seconds = 0
        self._planned: dict[Run, tuple[list[int], list[int]]] = {}

    def begin(
        self,
        run: str,
        seeds: int | Sequence[int],
        *,
        study: str = "study",
        looks: Sequence[int] = (),
        arms: Sequence[int] | None = None,
        **book: object,
    ) -> Run:
        """Begin a run, whose first arm is the baseline."""
        order = [*(range(self.arms) if arms is None else arms)]
        listed = [*(range(seeds) if isinstance(seeds, int) else seeds)]
        books = Books(self.store, study, run)
        made: Mapping[str, object] = {
            "name": study,
            "run": run,
            "created": self._now(),
            "baseline": f"arm {order[0]}",
            "replicates": len(listed),
            "looks": tuple(looks) or (len(listed),),
            "document": {} if isinstance(seeds, int) else {"confirm": {"seeds": listed}},
            "arms": tuple(
                ArmBook(
                    name=f"arm {arm}",
                    difference={"x": arm},
                    config={"x": arm, "dataset": {"name": "d"}},
                )
                for arm in order
            ),
            **book,
        }
        books.write_study(StudyBook(**made))  # type: ignore[arg-type]
        books.write_trials(
            TrialRow(arm=f"arm {arm}", phase="confirm", number=n, fingerprint=trial(arm, seed))
            for arm in order
            for n, seed in enumerate(listed)
        )
        self._planned[study, run] = order, listed
        return study, run

    def train(self, run: Run, seeds: int | None = None) -> Run:
        """Train what is not trained yet, of the first seeds or of all."""
        order, listed = self._planned[run]
        for seed in listed[:seeds]:
            for arm in order:
                self.store.errors.setdefault(trial(arm, seed), 50.0 + self.random.normal())
        return run

    def look(self, run: Run) -> dict[str, Comparison]:
        """Look at a run's table, which its books note, and return its comparisons."""
        order, listed = self._planned[run]
        there = [n for n, seed in enumerate(listed) if trial(order[0], seed) in self.store.errors]
        books = Books(self.store, *run)
        if set(there) - {n for look in books.looks() for n in look.replicates}:
            seeds = tuple(listed[n] for n in there)
            books.note_look(
                Look(when=self._now(), by="table", replicates=tuple(there), seeds=seeds)
            )
        return self.compared(run)

    def marked(self, run: Run) -> bool:
        """Look at a run's table and say whether anything is marked in it."""
        return any(each.decided for each in self.look(run).values())

    def results(self, run: Run) -> StudyResults:
        """Return a run's results without noting a look."""
        return load(self.store, *run, noted=False)

    def compared(self, run: Run) -> dict[str, Comparison]:
        """Return a run's comparisons without noting a look."""
        return compare_arms(self.results(run), "test.error")

    def _now(self) -> str:
        self._seconds += 1
        minutes, seconds = divmod(self._seconds, 60)
        return f"2026-01-01T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}+00:00"
