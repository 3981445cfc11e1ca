"""When test results could be seen: each look at new ones leaves a line in the run's books.

A verdict holds at the level that it names only where the number of seeds was settled before there
was anything to see. Whoever adds seeds after a look, and looks again, gets another test: see
`incay.analysis.comparing.rules`, which asks here what other plans had been seen of the same trials.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from incay.analysis.results.study import StudyResults
from incay.trainables import names
from incay.trainables.store.books import Books, every_run
from incay.trainables.store.damage import RecordError
from incay.trainables.store.problems import StoreError
from incay.trainables.store.shapes import Look, StudyBook
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class EarlierPlan:
    """Another number of seeds, of which results could be seen before this run was begun.

    Attributes:
        study: Name of its study.
        run: Its run.
        order: In which look each of its confirm trials was first there to be seen, by fingerprint.
        seen: These trials by arm and replicate.
        looked: When it was last looked at before this run was begun, ISO 8601.
        first_look: After how many seeds it was tested first.
    """

    study: str
    run: str
    order: Mapping[str, int]
    seen: Mapping[str, Mapping[int, str]]
    looked: str
    first_look: int

    def pairs(self, first: frozenset[str], second: frozenset[str]) -> set[frozenset[str]]:
        """Return the pairs of trials that could be seen of two arms, given their trials here."""
        mine, others = (
            [trials for trials in self.seen.values() if not each.isdisjoint(trials.values())]
            for each in (first, second)
        )
        return {
            frozenset((one[number], other[number]))
            for one in mine
            for other in others
            for number in one.keys() & other.keys()
        }


def note_look(results: StudyResults, by: str) -> None:
    """Write into the books that results could be seen, where any are new.

    Results that may only be read, or whose book of looks is damaged, are shown all the same.

    Args:
        results: The study, with the trials that there are.
        by: What shows them.
    """
    seeds: dict[int, int] = {}
    for trial in results.trials:
        if trial.phase == "confirm" and trial.is_whole and trial.record is not None:
            seed = names.look_up(trial.record.config, names.SEED)
            seeds[trial.number] = seed if isinstance(seed, int) else trial.number
    books = Books(results.store, results.name, results.run)
    try:
        known = {number for look in books.looks() for number in look.replicates}
        if set(seeds) <= known:
            return
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        replicates = tuple(sorted(seeds))
        look = Look(
            when=now,
            by=by,
            replicates=replicates,
            seeds=tuple(seeds[number] for number in replicates),
        )
        books.note_look(look)
    except (StoreError, OSError, RecordError):
        return


def earlier_plans(results: StudyResults) -> tuple[EarlierPlan, ...]:
    """Return the other plans for a study's trials that could be seen before its run began."""
    found: tuple[EarlierPlan, ...] | None = results.cache.get("earlier plans")
    if found is None:
        trials = {trial.fingerprint for trial in results.trials if trial.phase == "confirm"}
        found = tuple(find_plans(results.store, results, trials))
        results.cache["earlier plans"] = found
    return found


def find_plans(store: Store, asked: StudyBook, trials: Collection[str]) -> list[EarlierPlan]:
    """Return the other plans for the same trials that could be seen before a run began.

    A run of the same number of seeds and the same looks is no other plan, whatever else differs:
    to add an arm, or to train one again, is no further look at the others. What cannot be read
    says nothing.

    Args:
        store: The results.
        asked: What the run asks for; a book of an earlier version, which noted no looks, had none.
        trials: The fingerprints of its confirm trials.
    """
    found = []
    for books in every_run(store) if asked.looks and trials else ():
        try:
            looks = [look for look in books.looks() if look.when <= asked.created]
            book = books.study() if looks else None
            if book is None or _plan(book) == _plan(asked):
                continue
            if (book.created, book.run) >= (asked.created, asked.run):
                continue  # begun later: its looks are later ones
            rows = books.trials()
        except (RecordError, StoreError, OSError):
            continue
        first = {n: i for i, look in reversed([*enumerate(looks)]) for n in look.replicates}
        rows = [row for row in rows if row.phase == "confirm" and row.number in first]
        order = {row.fingerprint: first[row.number] for row in rows}
        if order.keys().isdisjoint(trials):
            continue
        seen: dict[str, dict[int, str]] = {}
        for row in rows:
            seen.setdefault(row.arm, {})[row.number] = row.fingerprint
        tested = min(book.looks, default=1)
        found.append(EarlierPlan(books.name, books.run, order, seen, looks[-1].when, tested))
    return sorted(found, key=lambda plan: plan.looked)


def _plan(book: StudyBook) -> tuple[Any, ...]:
    """Return what decides how many seeds a study has, and after how many it looks."""
    confirm = book.document.get("confirm")
    seeds = confirm.get("seeds") if isinstance(confirm, Mapping) else None
    listed = tuple(seeds) if isinstance(seeds, list) else ()
    return book.repetitions, book.looks, book.spending if len(book.looks) > 1 else "", listed
