"""The contract of a copy of a study for another program."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod

from incay.trainables.store.books import Books
from incay.trainables.store.trials import Store


def moment(time: object) -> datetime.datetime | None:
    """Return the time that a book or record says; None where another program wrote none there."""
    try:
        at = datetime.datetime.fromisoformat(str(time))
    except ValueError:
        return None
    # What clocks of trials show; others do not fit every system's count of seconds.
    return at if 1971 <= at.year <= 9000 else None


FINGERPRINT, STATUS = "incay.fingerprint", "incay.status"
"""What copies of a trial call its fingerprint and its ending."""


class StudyCopy(ABC):
    """Copies one study run out of the store, which alone is the truth.

    `sync` may be called at any time and any number of times: what is in the copy already is not
    copied again, and a copy that was lost is made anew.

    Args:
        store: Where the results live.
        study: The study's name.
        run: The study's run.
    """

    def __init__(self, store: Store, study: str, run: str) -> None:
        self._store = store
        self._books = Books(store, study, run)

    @abstractmethod
    def sync(self) -> int | None:
        """Bring the copy up to the store; return how many trials are unfinished there, if known."""
