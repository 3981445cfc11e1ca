"""From a key to its number: the store's tables are built again, those that the key may be of.

Nothing has to be kept for that when a table is exported, and exported files may be lost. A key
begins with a hash of its table's name, so that of all tables that could be built one is.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import product

from incay.analysis.errors import AnalysisError
from incay.analysis.output.keys import which_table
from incay.analysis.results.loading import load
from incay.analysis.tables.base import tables
from incay.analysis.tables.building import build_table
from incay.analysis.tables.side_by_side import COMPARE, compare
from incay.analysis.tracing.places import Place, TracedTable
from incay.trainables.errors import IncayError
from incay.trainables.store.runs.known import run_names, study_names
from incay.trainables.store.trials import Store

Name = tuple[str, str, str]
"""A table's study, run and name, as they stand in it."""
_MOST_NEAR = 8
"""Tables that are built to see whether a mistyped key is of one of them."""
_CLOSE = 0.9
"""One character of twelve may be another."""


def build(store: Store, study: str, run: str, name: str) -> TracedTable:
    """Build a table of a store again.

    Unequal budgets are no obstacle: they change marks and notes, and no number.

    Raises:
        AnalysisError: It cannot be built (any more).
    """
    studies, runs = study.split(", "), run.split(", ")
    if len(studies) != len(runs) or len(studies) != (2 if name == COMPARE else 1):
        raise AnalysisError(f"table {name!r} must be of as many runs as studies, but is not")
    results = tuple(load(store, *each) for each in zip(studies, runs, strict=True))
    if name == COMPARE:
        return TracedTable(compare(*results), results)
    return TracedTable(build_table(results[0], name, allow_unequal=True), results)


def find_key(store: Store, key: str) -> TracedTable | Place:
    """Return what a key stands for: a table, or a cell of one.

    Args:
        store: The results.
        key: A whole key, as `incay.analysis.output.keys` makes them.

    Raises:
        AnalysisError: It stands for nothing that the store holds, or for more than one number.
    """
    first = key.partition("-")[0]
    names = [name for name in every_table(store) if which_table(*name) == first]
    built, failed = _built(store, names)
    found = [match for table in built for match in _matches(table, key)]
    if len(found) == 1:
        return found[0]
    if found:
        both = ", ".join(_described(match) for match in found)
        raise AnalysisError(
            f"a key must stand for one number, but by chance {key!r} stands for {len(found)}: "
            f"{both}; the exported file and --cell tell them apart"
        )
    raise AnalysisError(_unknown(store, key, built, failed))


def tables_of(store: Store, keys: Sequence[str]) -> list[TracedTable]:
    """Return the tables that some keys are of, as the store gives them now.

    A table is one of them if it has a cell where a key says, whatever stands there now.
    """
    firsts = {key.partition("-")[0] for key in keys}
    places = {key.rpartition("-")[0] for key in keys}
    names = [name for name in every_table(store) if which_table(*name) in firsts]
    built, _ = _built(store, names)
    return [
        table
        for table in built
        if not places.isdisjoint(
            each.rpartition("-")[0] for each in (table.keys.table, *table.keys.cells.values())
        )
    ]


def every_table(store: Store) -> Iterator[Name]:
    """Yield the name of every table that could be made of a store."""
    runs = [(study, run) for study in study_names(store) for run in run_names(store, study)]
    for study, run in runs:
        for name in tables:
            yield study, run, name
    for first, second in product(runs, repeat=2):
        yield f"{first[0]}, {second[0]}", f"{first[1]}, {second[1]}", COMPARE


def _built(store: Store, names: Sequence[Name]) -> tuple[list[TracedTable], list[str]]:
    """Return the tables that can be built, and why others cannot."""
    built, failed = [], []
    for study, run, name in names:
        try:
            built.append(build(store, study, run, name))
        except IncayError as error:
            failed.append(f"{name} of {study} {run}: {error}")
    return built, failed


def _matches(table: TracedTable, key: str) -> Iterator[TracedTable | Place]:
    yield from (each for each in _standing(table) if _key(each) == key)


def _standing(table: TracedTable) -> Iterator[TracedTable | Place]:
    yield table
    yield from table.places


def _key(match: TracedTable | Place) -> str:
    return match.key if isinstance(match, Place) else match.keys.table


def _described(match: TracedTable | Place) -> str:
    if isinstance(match, TracedTable):
        return f"table {match.name}"
    return f"{match.address} of table {match.table.name}"


def _unknown(store: Store, key: str, built: Sequence[TracedTable], failed: Sequence[str]) -> str:
    """Return why a key is none of the store's, and what was probably meant."""
    where = key.rpartition("-")[0]
    there = [
        each
        for table in built
        for each in _standing(table)
        if _key(each).rpartition("-")[0] == where
    ]
    if len(there) == 1:
        each = there[0]
        now = f"{each.shown}, {each.key}" if isinstance(each, Place) else _key(each)
        return (
            f"{key!r} says where {_described(each)} stands, but that is {now} now: the key is "
            "mistyped, or what stands there has changed since. A manifest knows what was exported: "
            "incay trace FILE --cell ROW/COLUMN"
        )
    reasons = f"; a table could not be built: {'; '.join(failed)}" if failed else ""
    near = _near(store, key, built)
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    return (
        f"a key must be of a number that {store.where('')} holds, but {key!r} is of none{hint}"
        f"{reasons}"
    )


def _near(store: Store, key: str, built: Sequence[TracedTable]) -> list[str]:
    """Return keys that differ little, of tables whose own part is off by one letter at most."""
    first = key.partition("-")[0]
    names = [
        name
        for name in every_table(store)
        if sum(a != b for a, b in zip(which_table(*name), first, strict=True)) == 1
    ]
    # Of chance alone one table in some three hundred is off by one letter.
    others, _ = _built(store, names[:_MOST_NEAR])
    known = [
        each
        for table in (*built, *others)
        for each in (table.keys.table, *table.keys.cells.values())
    ]
    return difflib.get_close_matches(key, known, n=2, cutoff=_CLOSE)
