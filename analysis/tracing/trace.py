"""A number with all that stands behind it: formula, trials, settings, where they were trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from incay.analysis.errors import AnalysisError
from incay.analysis.output.keys import parse_key
from incay.analysis.tables.layouts.names import plain
from incay.analysis.tracing.exported import Exported, open_exported
from incay.analysis.tracing.lookup import find_key
from incay.analysis.tracing.places import Place, TracedTable, find_cell
from incay.analysis.tracing.trials import (
    TracedArm,
    TracedTrial,
    arms_of,
    differing_settings,
    trials_of,
)
from incay.trainables.errors import shown, system_said
from incay.trainables.store.opening import open_store
from incay.trainables.store.runs.known import study_names
from incay.trainables.store.trials import Store


@dataclass(frozen=True)
class Trace:
    """A number and its trials.

    Attributes:
        place: The cell: `address`, `key`, `shown` as printed, and `cell` with value and formula.
        trials: The trials behind it, or, of a cell without a number, those of its row's arm.
        arms: The arms that they are of.
        remarks: What a reader must know of it, and whether the store gives it still.
    """

    place: Place
    trials: tuple[TracedTrial, ...]
    arms: tuple[TracedArm, ...]
    remarks: tuple[str, ...]

    @property
    def is_behind(self) -> bool:
        """Whether the number was computed from the trials; else they say why there is none."""
        return bool(self.place.cell.fingerprints)

    @cached_property
    def differing(self) -> Mapping[str, Mapping[str, Sequence[TracedTrial]]]:
        """The settings in which the trials differ: by name, value and trial."""
        return differing_settings(self.trials)


def trace(results: str | Path | Store, what: str | Path, cell: str | None = None) -> Trace:
    """Return what stands behind a number of a table.

    Args:
        results: The store, or where it lies.
        what: The number's key; or a table's key, an exported file or a PDF, and the cell.
        cell: Its row and column, such as ``RN + Softmax/error``.

    Raises:
        UserError: The store's place is none.
        AnalysisError: There is no such number, or it is not said which one is meant.
    """
    store = results if isinstance(results, Store) else open_store(results, "results")
    return trace_in(store, find(store, what), cell)


def trace_in(store: Store, found: Place | TracedTable | Exported, cell: str | None) -> Trace:
    """Return what stands behind a number of what a key or a file leads to.

    Raises:
        AnalysisError: It has no such cell, or it is not said which one is meant.
    """
    if isinstance(found, Place) and cell is None:
        return trace_place(found, store)
    tables = tables_in(found)
    if cell is None:
        example = next((place.address for table in tables for place in table.places), "ROW/COLUMN")
        raise AnalysisError(
            "a whole table has many numbers, so that a cell must say which one is meant, such as "
            f"{example!r}"
        )
    place = find_cell(tables, cell)
    return trace_place(place, store, found.remarks(place) if isinstance(found, Exported) else ())


def find(store: Store, what: str | Path) -> Place | TracedTable | Exported:
    """Return what a key or a file leads to.

    Raises:
        AnalysisError: It is neither, or leads nowhere.
    """
    path, text = Path(what), str(what)
    key = parse_key(text)
    try:
        is_file = bool(path.suffix) or path.exists()
    except OSError as error:  # a name that is too long for one
        raise AnalysisError(
            f"{shown(text)} must be a key or a file, but: {system_said(error)}"
        ) from error
    if is_file:
        return open_exported(path, store)
    if text.partition("@")[0] in study_names(store):
        raise AnalysisError(
            f"trace takes a key or a file, but {text!r} is a study: `incay table {text}` prints "
            "the key of its table"
        )
    if key is None:
        raise AnalysisError(
            "trace takes a key, such as kq3-x7v-2mab, or a file that --output wrote, but got "
            f"{shown(text)}"
        )
    return find_key(store, key)


def tables_in(found: Place | TracedTable | Exported) -> tuple[TracedTable, ...]:
    """Return the tables in which a cell may be named."""
    if isinstance(found, Place):
        return (found.table,)
    return (found,) if isinstance(found, TracedTable) else found.tables


def trace_place(place: Place, store: Store, remarks: Sequence[str] = ()) -> Trace:
    """Return what stands behind a cell.

    Args:
        place: The cell.
        store: The results.
        remarks: What is to be said of it besides.
    """
    studies, cell = place.table.studies, place.cell
    fingerprints: Sequence[str] = cell.fingerprints
    if not fingerprints and cell.reason:
        fingerprints = [
            trial.fingerprint
            for study in studies
            for arm in study.arms
            if plain(arm.name) == plain(place.row)
            for trial in arm.phase("confirm") or arm.trials
        ]
    trials = trials_of(fingerprints, studies, store)
    missing = _missing(trials) if cell.fingerprints else ()
    said = (*remarks, *_changed(place), *place.table.remarks, *missing, *cell.notes)
    return Trace(place, trials, arms_of(trials, studies), tuple(dict.fromkeys(said)))


def _changed(place: Place) -> tuple[str, ...]:
    """Return that the store gives another number today, if it does."""
    now = place.table.now
    if now is None:
        return ()
    if any(each.key == place.key for each in now.places):
        return ()
    for each in now.places:
        if each.address == place.address:
            return (f"the store gives another number now: {each.shown} ({each.key})",)
    return ("the table no longer has this cell",)


def _missing(trials: Sequence[TracedTrial]) -> tuple[str, ...]:
    """Return which trials of a number the store does not have as they were."""
    gone = [each.fingerprint for each in trials if each.record is None and not each.problem]
    unlisted = [each.fingerprint for each in trials if not each.study]
    said = [f"trial {name} has no record in the store" for name in gone]
    said += [f"{each.problem}" for each in trials if each.problem]
    if unlisted:
        said.append(f"the study's run no longer lists {', '.join(unlisted)}")
    return tuple(said)
