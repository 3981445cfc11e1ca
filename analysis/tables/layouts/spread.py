"""The spread of tuning: how far an arm's repeated searches lie apart, beside its seeds."""

from __future__ import annotations

from incay.analysis.comparing.tuning import tuning_spread
from incay.analysis.content import Cell, Column
from incay.analysis.results.study import Arm, StudyResults

_SEARCHES, _SEEDS = "sd_searches", "sd_seeds"


def spread_columns(results: StudyResults) -> tuple[Column, ...]:
    """Return the columns of standard deviations, where searches are repeated."""
    if results.repetitions == 1:
        return ()
    return (
        Column(key=_SEARCHES, title="SD between searches", decimals=3),
        Column(key=_SEEDS, title="SD between seeds", decimals=3),
    )


def spread_cells(results: StudyResults, arm: Arm, metric: str) -> dict[str, Cell]:
    """Return an arm's cells of `spread_columns`."""
    if results.repetitions == 1:
        return {}
    found = tuning_spread(results, arm, metric)
    cells = {}
    for key, value in ((_SEARCHES, found.searches), (_SEEDS, found.seeds)):
        reason = "" if value is not None else "too few searches or seeds"
        if key == _SEARCHES and not arm.search:
            reason = "not searched"
        cells[key] = Cell(value=value, reason=reason, fingerprints=found.fingerprints)
    return cells


SPREAD_NOTE = (
    "SD between searches: the spread of tuning, were each winner confirmed with seeds without end: "
    "the variance of the searches' means less what seeds explain of it (one-way random effects; 0 "
    "where seeds explain it all). It covers the search's seeds and its validation split, and is a "
    "rough number where searches are few. SD between seeds: of one winner."
)
