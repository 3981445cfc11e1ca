"""What a search has found: the settings that were trained, and what the winner was worth.

The winner's validation score is the best of many, so that it flatters; of points with several
seeds it is the mean, with its interval. Beside it stands what fresh seeds then measured on the test
split.
"""

from __future__ import annotations

from dataclasses import replace

from incay.analysis import wording
from incay.analysis.comparing.measure import list_endings, measure
from incay.analysis.content import Cell, Column
from incay.analysis.results.points import Point, search_points, search_seeds
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.summary import summarize
from incay.trainables.metrics import ACCURACY, ERROR, TEST, VALIDATION

VALIDATED, GAP = "validated", "gap"


def searched_cell(results: StudyResults, arm: Arm, name: str) -> Cell:
    """Return the value that a searched setting was trained with: confirmed, else the best so far.

    Where the setting is searched under a condition that does not hold, the arm's own value was
    trained, and the cell says so.
    """
    if name not in arm.search:
        return Cell()
    confirmed = arm.phase("confirm")
    shown = confirmed[0] if confirmed else best_so_far(results, arm)
    if shown is None:
        return Cell(reason=_none_completed(arm))
    remarks = [] if name in shown.params else ["the arm's own"]
    remarks += [] if confirmed else ["best so far"]
    value = shown.setting(name)
    if value is None and name not in shown.params:
        value = arm.setting(name)  # its record is not there: what the study asks for
    text = wording.setting(value)
    return Cell(
        text=f"{text} ({', '.join(remarks)})" if remarks else text,
        fingerprints=shown.fingerprints if isinstance(shown, Point) else (),
    )


def best_so_far(results: StudyResults, arm: Arm) -> Point | None:
    """Return the completed point with the best objective, None where there is none."""
    return _best(results, search_points(results, arm))


def winner(results: StudyResults, arm: Arm) -> Point | None:
    """Return the point whose settings were confirmed, None where there is none."""
    confirmed = arm.phase("confirm")
    if not arm.search or not confirmed:
        return None
    params = confirmed[0].params
    return _best(results, tuple(p for p in search_points(results, arm) if p.params == params))


def validation_columns(results: StudyResults, rate: str) -> tuple[Column, ...]:
    """Return the columns of the winners' validation scores, where there is a winner.

    Args:
        results: The study.
        rate: ``error`` or ``accuracy``, as the table's tested column.
    """
    if results.split != TEST or all(winner(results, arm) is None for arm in results.arms):
        return ()
    return (
        Column(key=VALIDATED, title=f"winner's validation {rate}", unit="%"),
        Column(key=GAP, title="validation → test", unit="points"),
    )


def validation_cells(results: StudyResults, arm: Arm, rate: str) -> dict[str, Cell]:
    """Return a searched arm's cells of `validation_columns`."""
    found = winner(results, arm)
    errors = found.values(ERROR.of(VALIDATION)) if found is not None else ()
    if found is None or not errors:
        return {}
    scores = [100.0 - error if rate == ACCURACY.name else error for error in errors]
    score = summarize(scores)
    cells = {VALIDATED: Cell(value=score.mean, fingerprints=found.fingerprints)}
    if len(scores) > 1:
        cells[VALIDATED] = replace(
            cells[VALIDATED],
            half_width=score.half_width,
            no_spread=not score.spreads,
            n=score.n,
        )
    tested = measure(results, arm, f"{TEST}.{rate}")
    values = list(tested.values.values())
    if values:
        gap = sum(values) / len(values) - score.mean
        cells[GAP] = Cell(value=gap, fingerprints=(*found.fingerprints, *tested.trials))
    return cells


def validation_note(results: StudyResults) -> str:
    """Return what a reader must know of `validation_columns`."""
    seeds = search_seeds(results)
    best = "the best of all search trials, from one seed, so that it flatters"
    if seeds > 1:
        best = (
            f"the best of all points' means over the search's {seeds} seeds, ± half the 95 % "
            "interval over these, so that it flatters still, which the interval does not know"
        )
    return (
        "validation → test: the mean over the confirmed seeds minus the winner's own validation "
        f"score. The latter is {best}; the test split has other images, and the confirmed seeds "
        "trained on those held out for validation too."
    )


def tie_note(results: StudyResults) -> str:
    """Return which winners are no better than others of their search; empty if none is so.

    Validation splits are small, so that equal scores are common: the settings of the earliest are
    then a matter of order, not of tuning.
    """
    metric, tied = results.objective.metric, []
    for arm in results.arms:
        found = winner(results, arm)
        if found is None:
            continue
        scores = [point.metric(metric) for point in search_points(results, arm)]
        equal = scores.count(found.metric(metric))
        if equal > 1:
            tied.append(f"{arm.name} ({equal} of {len(scores)})")
    if not tied:
        return ""
    return (
        f"Search trials that share the winner's {metric}, of which the earliest was confirmed: "
        f"{', '.join(tied)}. Its settings are no better than theirs by that measure."
    )


def _best(results: StudyResults, points: tuple[Point, ...]) -> Point | None:
    metric, mode = results.objective.metric, results.objective.mode
    sign = -1.0 if mode == "max" else 1.0
    done = [(point.metric(metric), point) for point in points]
    ranked = [(sign * value, point.number, point) for value, point in done if value is not None]
    return min(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def _none_completed(arm: Arm) -> str:
    trials = arm.phase("search")
    if not trials or any(trial.is_open for trial in trials):
        return "no search trial is done"
    return f"no search trial completed: {list_endings(trials)}"
