"""When test results could be seen: each look at new ones leaves a line in the run's books.

A verdict holds at the level that it names only where the number of seeds was settled before there
was anything to see. `incay.analysis.results.earlier_plans` asks here what was seen before.
"""

from __future__ import annotations

import datetime

from incay.analysis.results.study import StudyResults
from incay.trainables import names
from incay.trainables.store.books import Books
from incay.trainables.store.problems import StoreError
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.shapes import Look


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
