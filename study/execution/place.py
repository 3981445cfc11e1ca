"""Whether the results are still where a run began to keep them."""

from __future__ import annotations

import time
from collections.abc import Collection

from incay.study.errors import HaltedError
from incay.study.planning.trials import PlannedTrial
from incay.trainables.store.books import Books
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.shapes import StudyBook

_SECONDS_BETWEEN_LOOKS = 1.0
_LARGEST_SHARE = 0.01
"""Of the driver's time that looking may take, where the store is slow."""


class ResultsPlace:
    """Looks now and then for what the run has written down when it began.

    Who writes after the results were moved or deleted makes their folder again, so that nothing
    fails: only what is no longer in it tells.

    Args:
        books: The run's.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._text = b""
        self._asked: tuple[str, object] | None = None
        self._next_look = 0.0

    def begin(self) -> None:
        """Note what the books say now."""
        self._text = self._books.study_text()
        book = self._books.study()
        self._asked = None if book is None else _asked(book)

    def look(self) -> HaltedError | None:
        """Return what the user is told if the results are gone; does nothing most of the time."""
        started = time.monotonic()
        if started < self._next_look:
            return None
        try:
            gone = self._is_another()
        except StoreError:
            gone = False  # it is away, which is waited for elsewhere
        ended = time.monotonic()
        self._next_look = ended + max(_SECONDS_BETWEEN_LOOKS, (ended - started) / _LARGEST_SHARE)
        return self._vanished("its books are gone") if gone else None

    def look_again(self) -> HaltedError | None:
        """Do as `look`, at once."""
        self._next_look = 0.0
        return self.look()

    def require(self, planned: Collection[PlannedTrial], missing: int) -> None:
        """Refuse to call a phase complete whose results are not there.

        Args:
            planned: Its trials, all of which have ended.
            missing: How many of them have no record that can be used.

        Raises:
            HaltedError: There are some, or the books are gone.
        """
        if missing:
            raise self._vanished(f"{missing} of {len(planned)} records are missing or damaged")
        if self._is_another():
            raise self._vanished("its books are gone")

    def _is_another(self) -> bool:
        """Return whether the books are not those that the run began with.

        Drivers of single arms that begin in the same instant each write them, with a time of
        their own.
        """
        text = self._books.study_text()
        if text == self._text:
            return False
        try:
            book = self._books.study()
        except RecordError:
            return True
        if book is None or _asked(book) != self._asked:
            return True
        self._text = text
        return False

    def _vanished(self, what: str) -> HaltedError:
        return HaltedError(
            f"{self._books.where}: the results must stay where they are while a study runs, but "
            f"they were moved, deleted or replaced: {what}. Bring them back (what was written "
            "since lies in a new folder of the old name), or name their new place by --results: "
            "the same command then trains what is missing"
        )


def _asked(book: StudyBook) -> tuple[str, object]:
    """Return what tells a run from any other."""
    return book.run, book.document
