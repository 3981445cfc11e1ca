"""What a run's books tell of drivers of single arms."""

from __future__ import annotations

from incay.study.execution.leases.lease import drivers_of_arms
from incay.trainables.store.books import Books
from incay.trainables.store.trials import Store


def told_of_arms(store: Store, study: str, run: str) -> dict[str, str]:
    """Return, by arm, who runs its search, or that it has ended while others have not.

    Raises:
        RecordError: A book is damaged.
    """
    books = Books(store, study, run)
    if not books.arms.folders():
        return {}
    drivers = drivers_of_arms(store, study, run)
    told = {arm: f"{who} runs its search" for arm, who in drivers.items()}
    if not books.search_is_over(books.trials()):
        for arm in books.require_study().arms:
            if arm.name not in told and books.arms.search_end(arm.name) is not None:
                told[arm.name] = "its search has ended; the confirm phase waits for other arms"
    return told
