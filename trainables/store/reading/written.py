"""From what is written in the store's JSON to its shapes, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from incay.trainables.names import nest
from incay.trainables.store.kept import Choice, KeptModel
from incay.trainables.store.later import LATER, completed
from incay.trainables.store.naming import DIGITS, is_fingerprint
from incay.trainables.store.reading.door import require, shaped, shaped_text
from incay.trainables.store.reading.origin import require_origin
from incay.trainables.store.reading.values import require_config, require_params
from incay.trainables.store.shapes import MOST_SEARCHES, Frozen, Look, Progress, StudyBook, TrialRow

_MOST = 2**31
"""Of what numbers the trials of a study."""


@dataclass(frozen=True, kw_only=True)
class _Trials:
    trials: list[TrialRow]


@dataclass(frozen=True, kw_only=True)
class _Looks:
    looks: list[Look]


def study_book(values: Mapping[str, Any], where: str) -> StudyBook:
    """Return the study that JSON values describe; what they leave open has its default.

    Raises:
        RecordError: They do not fit. As below.
    """
    book = shaped(StudyBook, _said(values), where)
    known = [arm.name for arm in book.arms]
    require(len(set(known)) == len(known), "distinct names of arms", where)
    require(book.baseline in known, "a baseline among the arms", where)
    require(book.replicates >= 1, "replicates >= 1", where)
    ascending = all(early < late for early, late in pairwise(book.looks))
    require(ascending and min(book.looks, default=1) >= 1, "ascending looks of seeds", where)
    is_some = 1 <= book.repetitions <= MOST_SEARCHES
    require(is_some, f"repetitions from 1 to {MOST_SEARCHES}", where)
    for arm in book.arms:
        require_config(arm.config, where)
        require_config(nest(arm.difference), where)
    searched = any(arm.search for arm in book.arms)
    require(book.budget is not None or not searched, "a budget of what is searched", where)
    arms = tuple(replace(arm, config=completed(arm.config)) for arm in book.arms)
    if arms == book.arms:
        return book
    # A book of before knows no default of what its arms are completed with.
    return replace(book, arms=arms, defaults={**LATER, **book.defaults})


def frozen_winners(values: Mapping[str, Any], where: str) -> Frozen:
    """Return the winners that JSON values describe."""
    frozen = shaped(Frozen, values, where)
    for winner in frozen.winners.values():
        require_params(winner.params, where)
    return frozen


def trial_progress(values: Mapping[str, Any], where: str) -> Progress:
    """Return the progress that JSON values describe."""
    progress = shaped(Progress, values, where)
    require(progress.step >= 0, "step >= 0", where)
    require_origin(progress.provenance, where)
    require_config(progress.config, where)
    return replace(progress, config=completed(progress.config))


def trial_rows(values: Mapping[str, Any], where: str) -> list[TrialRow]:
    """Return the trials that JSON values describe."""
    return _checked(shaped(_Trials, values, where).trials, where)


def trial_rows_of(content: bytes, where: str) -> list[TrialRow]:
    """Return the trials that a JSON text describes."""
    return _checked(shaped_text(_Trials, content, where).trials, where)


def _checked(rows: list[TrialRow], where: str) -> list[TrialRow]:
    for row in rows:
        for name in ("number", "replicate", "repetition"):
            if not 0 <= getattr(row, name) < _MOST:  # messages are made for none else
                require(False, f"0 <= {name} < {_MOST:,}", where)
        if not is_fingerprint(row.fingerprint):
            require(False, f"fingerprints of {DIGITS} digits", where)
        require_params(row.params, where)
    require_once(rows, where)
    return rows


def require_once(rows: Sequence[TrialRow], where: str) -> None:
    """Refuse a list that says of one trial twice which it is.

    Raises:
        RecordError: It does.
    """
    known: dict[tuple[object, ...], TrialRow] = {}
    for row in rows:
        if known.setdefault(row.key, row) is not row:  # the message is made for none else
            require(False, f"one line for each trial, as for {row.title!r},", where)


def noted_looks(values: Mapping[str, Any], where: str) -> list[Look]:
    """Return the looks at results that JSON values describe."""
    return shaped(_Looks, values, where).looks


def kept_models(values: Mapping[str, Any], where: str) -> dict[str, KeptModel]:
    """Return the kept networks that JSON values describe, by fingerprint.

    Earlier versions wrote a test error in the place of each: they chose by it.
    """
    require(all(map(is_fingerprint, values)), f"fingerprints of {DIGITS} digits", where)
    return {
        fingerprint: KeptModel(chosen_by=Choice.EARLIER)
        if isinstance(kept, int | float)
        else shaped(KeptModel, kept, where)
        for fingerprint, kept in values.items()
    }


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what it leaves open."""
    return {name: value for name, value in values.items() if value is not None}
