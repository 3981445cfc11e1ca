"""By which rule a study's results will be tested, told before anything is trained."""

from __future__ import annotations

import datetime

from incay.analysis.results.looks import find_plans
from incay.analysis.wording import counted
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.spec.study import StudySpec
from incay.trainables.store.books import Books
from incay.trainables.store.shapes import ArmBook, StudyBook
from incay.trainables.store.trials import Store

SPENDINGS = {"obrien-fleming": "O'Brien–Fleming", "pocock": "Pocock"}


def rule_lines(spec: StudySpec, store: Store, data: DataCatalog) -> list[str]:
    """Return the rule, where it is more than one look at a fixed number of seeds.

    Args:
        spec: The study.
        store: Its results.
        data: Its data sets.
    """
    lines = []
    if len(spec.looks) > 1:
        *first, last = map(str, spec.looks)
        spending = SPENDINGS[spec.header.confirm.spending]
        lines.append(
            f"looks at the test results after {', '.join(first)} and {last} seeds ({spending} "
            "spending): an arm that is decided is trained no further"
        )
    # Those of a searched arm are known only after the search.
    searched = {arm.name for arm in spec.arms if arm.search}
    known = {
        trial.fingerprint
        for trial in Planner(spec, data).confirm_trials()
        if isinstance(trial, PlannedTrial) and trial.arm not in searched
    }
    plans = find_plans(store, _asked(spec, store), known)
    if plans:
        latest = plans[-1]
        seen = counted(len({n for trials in latest.seen.values() for n in trials}), "seed")
        lines.append(
            f"results of {seen} could be seen before this number of seeds was settled (run "
            f"{latest.study}@{latest.run}, {latest.looked}): comparisons of which pairs had been "
            "seen will be tested by an always-valid p-value, which decides later; see "
            "docs/results.md"
        )
    return lines


def _asked(spec: StudySpec, store: Store) -> StudyBook:
    """Return as much of what the study asks for as the rule hangs on."""
    book = Books(store, spec.name, spec.run).study()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return StudyBook(
        name=spec.name,
        run=spec.run,
        created=now if book is None else book.created,
        baseline=spec.baseline,
        looks=spec.looks,
        spending=spec.header.confirm.spending,
        document=spec.document.values,
        arms=tuple(ArmBook(name=arm.name) for arm in spec.arms),
    )
