"""Under which other plans results could be seen before a study's own were looked at.

Of all plans that show the same comparisons the one that was looked at first is tested by its own
rule: it was settled before anybody had seen anything. To have begun others beforehand, and to look
at them one after another, is to look again. Whoever changes seeds after a look gets another test:
see `incay.analysis.comparing.rules`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incay.analysis.results.study import StudyResults
from incay.trainables import names
from incay.trainables.store.books import Books
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.runs.known import every_run
from incay.trainables.store.shapes import ArmBook, Look, StudyBook, TrialRow
from incay.trainables.store.trials import Store

_NEVER = "9999"
"""Sorts behind every time."""


@dataclass(frozen=True)
class EarlierPlan:
    """Another run, of which results could be seen before this one's were looked at.

    Attributes:
        study: Name of its study.
        run: Its run.
        order: In which look each of its confirm trials was first there to be seen, by fingerprint.
        seen: These trials by arm and replicate.
        seeds: The seed of each replicate that could be seen, where it is known.
        kinds: What each arm is but for its seed; empty where that says nothing.
        looked: When it was last looked at before this run's first look, ISO 8601.
        first_look: After how many seeds it is tested first, 0 where that is never.
        same: Whether it has the same seeds and looks, so that it is no other plan for them.
    """

    study: str
    run: str
    order: Mapping[str, int]
    seen: Mapping[str, Mapping[int, str]]
    seeds: Mapping[int, int]
    kinds: Mapping[str, str]
    looked: str
    first_look: int
    same: bool = False

    def pairs(
        self, first: frozenset[str], second: frozenset[str], kinds: tuple[str, str] = ("", "")
    ) -> dict[frozenset[str], int | None]:
        """Return the pairs of trials that could be seen of two arms, with their seeds.

        Args:
            first: The trials of an arm here.
            second: Those of its reference.
            kinds: What the two are but for their seeds: with other seeds they share no trial.
        """
        mine, others = (
            [
                trials
                for arm, trials in self.seen.items()
                if not each.isdisjoint(trials.values()) or (kind and self.kinds.get(arm) == kind)
            ]
            for each, kind in zip((first, second), kinds, strict=True)
        )
        return {
            frozenset((one[number], other[number])): self.seeds.get(number)
            for one in mine
            for other in others
            for number in one.keys() & other.keys()
        }


def earlier_plans(results: StudyResults) -> tuple[EarlierPlan, ...]:
    """Return the runs that show a study's arms and were looked at before it was, in that order."""
    found: tuple[EarlierPlan, ...] | None = results.cache.get("earlier plans")
    if found is None:
        trials = {trial.fingerprint for trial in results.trials if trial.phase == "confirm"}
        kinds = kinds_of(results, results.trials)
        found = tuple(find_plans(results.store, results, trials, set(kinds.values())))
        results.cache["earlier plans"] = found
    return found


def find_plans(
    store: Store, asked: StudyBook, trials: Collection[str], kinds: Collection[str] = ()
) -> list[EarlierPlan]:
    """Return the other runs of the same arms that were looked at before a run was.

    Args:
        store: The results.
        asked: What the run asks for; a book of an earlier version, which noted no looks, had none.
        trials: The fingerprints of its confirm trials.
        kinds: What its arms are but for their seeds.
    """
    if not asked.looks or not (trials or kinds):
        return []
    own = Books(store, asked.name, asked.run)
    first = _first(_looks(own, asked.created))
    until = max(asked.created, first)
    found: list[tuple[tuple[str, str, str], EarlierPlan]] = []
    for books in every_run(store):
        if (books.name, books.run) == (own.name, own.run):
            continue
        try:
            book = books.study()
            looks = [] if book is None else _looks(books, book.created)
            if book is None or not looks:
                continue
            place = _first(looks), book.created, book.run
            if place >= (first, asked.created, asked.run):
                continue  # looked at later: its looks are later ones
            rows = [row for row in books.trials() if row.phase == "confirm"]
        except (RecordError, StoreError, OSError):
            continue  # what cannot be read says nothing
        plan = _plan_of(book, [look for look in looks if look.when <= until], rows)
        if not plan.order.keys().isdisjoint(trials):
            found.append((place, replace(plan, same=_plan(book) == _plan(asked))))
        elif any(kind in kinds for kind in plan.kinds.values()):
            found.append((place, plan))
    return [plan for _, plan in sorted(found, key=lambda each: each[0])]


def kinds_of(book: StudyBook, rows: Iterable[TrialRow]) -> dict[str, str]:
    """Return what each arm is but for its seed, by name, where its settings are known.

    Of repeated searches nothing is said: their replicates are no seeds.
    """
    if book.repetitions > 1:
        return {}
    params = {row.arm: row.params for row in rows if row.phase == "confirm"}
    arms = [arm for arm in book.arms if arm.config and (not arm.search or arm.name in params)]
    return {arm.name: _kind(arm, params.get(arm.name, {})) for arm in arms}


def _kind(arm: ArmBook, params: Mapping[str, Any]) -> str:
    settings = {**names.flatten(arm.config), **params}
    left_out = [*names.DERIVED, "split"]
    if not names.incay_is_on(names.nest(settings)):
        left_out.append(names.INCAY)
    kept = {name: each for name, each in settings.items() if not names.within(name, left_out)}
    return json.dumps(kept, sort_keys=True, default=str)


def _looks(books: Books, created: str) -> list[Look]:
    """Return the looks at a run; of a damaged book that somebody could see all it has, at once."""
    try:
        return books.looks()
    except RecordError:
        return [Look(when=created, by="", replicates=(), seeds=())]


def _first(looks: list[Look]) -> str:
    return min((look.when for look in looks), default=_NEVER)


def _plan_of(book: StudyBook, looks: list[Look], rows: list[TrialRow]) -> EarlierPlan:
    first = {n: i for i, look in reversed([*enumerate(looks)]) for n in look.replicates}
    if not first:  # of a damaged book
        first = dict.fromkeys((row.number for row in rows), 0)
    seeds = {
        n: seed for look in looks for n, seed in zip(look.replicates, look.seeds, strict=False)
    }
    rows = [row for row in rows if row.number in first]
    seen: dict[str, dict[int, str]] = {}
    for row in rows:
        seen.setdefault(row.arm, {})[row.number] = row.fingerprint
    return EarlierPlan(
        study=book.name,
        run=book.run,
        order={row.fingerprint: first[row.number] for row in rows},
        seen=seen,
        seeds=seeds,
        kinds=kinds_of(book, rows),
        looked=max(look.when for look in looks),
        first_look=min(book.looks, default=1) if max(book.looks, default=2) > 1 else 0,
    )


def _plan(book: StudyBook) -> tuple[Any, ...]:
    """Return what decides which values a study has, and after how many it looks."""
    confirm = book.document.get("confirm")
    seeds = confirm.get("seeds") if isinstance(confirm, Mapping) else None
    listed = tuple(seeds) if isinstance(seeds, list) else ()
    spending = book.spending if len(book.looks) > 1 else ""
    return book.repetitions, book.looks, spending, listed, book.diverged_policy
