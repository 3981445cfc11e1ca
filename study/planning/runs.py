"""Which runs of a study a store holds, and which one is meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from incay.study.errors import UserError, listed, shown
from incay.study.spec.catalog import built_in_studies
from incay.study.spec.header import LONGEST_STUDY_NAME, STUDY_NAME
from incay.study.spec.reading.overrides import override_texts
from incay.trainables.store.books import Books
from incay.trainables.store.runs.known import latest_run, run_names, study_names, where_studies
from incay.trainables.store.trials import Store


def require_run(store: Store, name: str) -> str:
    """Return the latest run of a study, of which there must be one.

    Raises:
        UserError: The store knows no run of it.
    """
    latest = latest_run(store, name) if _may_be_named(name) else None
    if latest is None:
        there = sorted(study_names(store))
        known = [*there, *(path.stem for path in built_in_studies())]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close and close[0] != name else ""
        raise UserError(
            f"{where_studies(store)}: a study must have been run here first, but there is no "
            f"{shown(name)} (there: {listed(there) or 'none'}{hint})"
        )
    return latest


def known_run(store: Store, name: str, run: str, asked: list[str]) -> str:
    """Return the run, if the store has it.

    Args:
        store: The results.
        name: The study's name.
        run: The run that is meant.
        asked: The overrides that stand for it, for the message.

    Raises:
        UserError: It has not been run; the message says which variants have.
    """
    require_run(store, name)
    if has_run(store, name, run):
        return run
    known = [(each, Books(store, name, each).study()) for each in run_names(store, name)]
    variants = [f"{book.variant} ({each})" for each, book in known if book is not None]
    raise UserError(
        f"{where_studies(store, name)}: a variant must have been run before it is shown, but "
        f"{name!r} with {' '.join(asked) or 'its file as it stands'} has not; run so far: "
        f"{'; '.join(variants)}"
    )


def run_by_overrides(
    store: Store, name: str, settings: Sequence[str] | None, seeds: int | None
) -> str:
    """Return the newest run of a study that was started with the same overrides.

    It is for studies whose own code is not to be imported, so that overrides are no more than
    texts.

    Raises:
        UserError: None was; the message says which variants have been run.
    """
    asked = override_texts(settings, seeds)
    known = [(each, Books(store, name, each).study()) for each in run_names(store, name)]
    same = [(book.created, run) for run, book in known if book and list(book.overrides) == asked]
    return max(same)[1] if same else known_run(store, name, "", asked)


def has_run(store: Store, name: str, run: str) -> bool:
    """Return whether the store has the run."""
    may_be = _may_be_named(name) and re.fullmatch(r"[\w-]{1,80}", run, re.ASCII)
    return bool(may_be) and Books(store, name, run).study() is not None


def variant(store: Store, name: str, run: str) -> str:
    """Return how a run differs from its study's file, as the user said it."""
    book = Books(store, name, run).study()
    return book.variant if book is not None else "as written"


def _may_be_named(name: str) -> bool:
    """Return whether a study may have a name: no path leads out of the store's folder."""
    return re.fullmatch(STUDY_NAME, name) is not None and len(name) <= LONGEST_STUDY_NAME
