"""Results that are not ours to write over: a study is refused before anything of it runs.

They are a newer program's, or such that we have no right to read.
"""

from __future__ import annotations

from incay.study.planning.trials import PlannedTrial, Planner
from incay.trainables.store.books import Books
from incay.trainables.store.reading.damage import ForeignRecordError, RecordError
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store


def refuse_foreign_records(
    store: Store, planner: Planner, books: Books
) -> dict[str, TrialRecord | RecordError | None]:
    """Refuse a study of whose trials one has a record that this program cannot read.

    To train it again would write over a result.

    Args:
        store: The results.
        planner: Makes the study's trials.
        books: Of its run.

    Returns:
        What was found of the trials that are known beforehand, by fingerprint.

    Raises:
        ForeignRecordError: It names the first such record, or book.
    """
    asked: dict[str, None] = {}
    try:
        books.study()
        asked |= dict.fromkeys(row.fingerprint for row in books.trials())
    except ForeignRecordError:
        raise
    except RecordError:
        pass  # a damaged book is told where it is needed
    trials = planner.confirm_trials()
    asked |= dict.fromkeys(each.fingerprint for each in trials if isinstance(each, PlannedTrial))
    found = dict(zip(asked, store.find_records(list(asked)), strict=True))
    for each in found.values():
        if isinstance(each, ForeignRecordError):
            raise each
    return found
