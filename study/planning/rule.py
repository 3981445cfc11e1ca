"""By which rule a study's results will be tested, told before anything is trained."""

from __future__ import annotations

import datetime

from incay.analysis.results.earlier_plans import find_plans
from incay.analysis.statistics.sequential.always_valid import SHARE_LEFT, least_seeds
from incay.analysis.wording import counted
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.spec.study import StudySpec
from incay.trainables.store.books import Books
from incay.trainables.store.shapes import ArmBook, StudyBook
from incay.trainables.store.trials import Store

_ALPHA = 0.05
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
    if any(text.startswith("seeds=") for text in spec.document.overrides):
        seeds = counted(spec.replicates, "seed")
        lines.append(f"one look at the test results, after {seeds}, as --seeds says")
    # Those of a searched arm are known only after the search.
    searched = {arm.name for arm in spec.arms if arm.search}
    trials: dict[str, dict[str, int]] = {}
    for trial in Planner(spec, data).confirm_trials():
        if isinstance(trial, PlannedTrial) and trial.arm not in searched:
            trials.setdefault(trial.arm, {})[trial.fingerprint] = trial.number
    known = {fingerprint for of_arm in trials.values() for fingerprint in of_arm}
    for plan in find_plans(store, _asked(spec, store), known):
        if plan.same:
            continue
        seen = {
            arm: {number for fingerprint, number in of_arm.items() if fingerprint in plan.order}
            for arm, of_arm in trials.items()
        }
        arms = [arm for arm, numbers in seen.items() if len(numbers) > 1]
        if len(arms) < 2:  # no pair: an arm without another shows no difference
            continue
        least = least_seeds(_ALPHA * SHARE_LEFT)
        lines.append(
            f"results of up to {max(map(len, seen.values()))} seeds of {', '.join(arms)} could be "
            f"seen before this number of seeds was settled (run {plan.study}@{plan.run}, "
            f"{plan.looked}): what that run has not decided between them will be tested by an "
            f"always-valid p-value, which can decide nothing with fewer than {least} seeds; see "
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
