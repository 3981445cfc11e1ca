"""What a search has found: the settings that were trained, and what the winner was worth.

The winner's validation score is the best of many, so that it flatters; of points with several
seeds it is the mean, with its interval. Beside it stands what fresh seeds then measured on the test
split.
"""

from __future__ import annotations

from collections.abc import Sequence

from incay.analysis import wording
from incay.analysis.comparing.measure import list_endings, measure, recorded_as
from incay.analysis.content import Cell, Column, Formula
from incay.analysis.results.measured import quantity_in
from incay.analysis.results.points import Point, search_points, search_seeds
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.summary import summarize
from incay.analysis.tables.layouts.formulas import SETTING
from incay.trainables import names
from incay.trainables.metrics import TEST, VALIDATION
from incay.trainables.store.shapes import search_name

VALIDATED, GAP, CHOSEN = "validated", "gap", "chosen"
_TRAINED_ON_ALL = ", and the confirmed seeds trained on those held out for validation too"


def searched_cell(results: StudyResults, arm: Arm, name: str) -> Cell:
    """Return the value that a searched setting was trained with: confirmed, else the best so far.

    Where the setting is searched under a condition that does not hold, the arm's own value was
    trained, and the cell says so. Repeated searches have a value each.
    """
    if name not in arm.search:
        return Cell()
    cells = [_searched(results, arm, name, search) for search in range(results.repetitions)]
    if len(cells) == 1:
        return cells[0]
    return Cell(
        text="; ".join(cell.text or cell.reason for cell in cells),
        fingerprints=tuple(name for cell in cells for name in cell.fingerprints),
    )


def _searched(results: StudyResults, arm: Arm, name: str, search: int) -> Cell:
    confirmed = [trial for trial in arm.phase("confirm") if trial.repetition == search]
    shown = confirmed[0] if confirmed else best_so_far(results, arm, search)
    if shown is None:
        return Cell(reason=_none_completed(arm, search))
    # Of a component that was chosen in place of the arm's own, settings begin with its defaults.
    replaced = names.within(name, names.replaced(arm.config, shown.params))
    whose = "its default" if replaced else "the arm's own"
    remarks = [] if name in shown.params else [whose]
    remarks += [] if confirmed else ["best so far"]
    value = shown.setting(name)
    if value is None and name not in shown.params:
        # Where its record is not there: what the study asks for.
        value = None if replaced else arm.setting(name)
        if value is None:
            return Cell(reason="no setting of what was chosen")
    text = wording.setting(value)
    return Cell(
        text=f"{text} ({', '.join(remarks)})" if remarks else text,
        fingerprints=shown.fingerprints if isinstance(shown, Point) else (),
        formula=SETTING,
    )


def best_so_far(results: StudyResults, arm: Arm, search: int = 0) -> Point | None:
    """Return a search's completed point with the best objective, None where there is none."""
    return _best(results, _points(results, arm, search))


def winners(results: StudyResults, arm: Arm) -> list[Point]:
    """Return the points whose settings were confirmed, of each search that has one."""
    found: dict[int, Point | None] = {}
    for trial in arm.phase("confirm") if arm.search else ():
        if trial.repetition not in found:
            points = _points(results, arm, trial.repetition)
            same = tuple(point for point in points if point.params == trial.params)
            found[trial.repetition] = _best(results, same)
    return [point for point in found.values() if point is not None]


def _points(results: StudyResults, arm: Arm, search: int) -> tuple[Point, ...]:
    return tuple(each for each in search_points(results, arm) if each.repetition == search)


def validation_columns(results: StudyResults, rate: str) -> tuple[Column, ...]:
    """Return the columns of the winners' validation scores, where there is a winner.

    Args:
        results: The study.
        rate: ``error`` or ``accuracy``, as the table's tested column.
    """
    if results.split != TEST or not any(winners(results, arm) for arm in results.arms):
        return ()
    metric = results.objective.metric
    quantity = quantity_in(results, metric)
    chosen = Column(
        key=CHOSEN,
        title=f"winner's {metric}",
        unit=quantity.unit if quantity else "",
        decimals=quantity.decimals if quantity else 4,
    )
    return (
        *([] if results.objective.is_error else [chosen]),
        Column(key=VALIDATED, title=f"winner's validation {rate}", unit="%"),
        Column(key=GAP, title="validation → test", unit="points"),
    )


def validation_cells(results: StudyResults, arm: Arm, rate: str) -> dict[str, Cell]:
    """Return a searched arm's cells of `validation_columns`."""
    found = winners(results, arm)
    validated = _won(results, found, f"{VALIDATION}.{rate}")
    if validated is None:
        return {}
    cells = {VALIDATED: validated}
    chosen = _won(results, found, results.objective.metric)
    if chosen is not None and not results.objective.is_error:
        cells[CHOSEN] = chosen
    tested = measure(results, arm, f"{TEST}.{rate}")
    values = list(tested.values.values())
    if values and validated.value is not None and validated.formula is not None:
        gap = sum(values) / len(values) - validated.value
        unit = "seed" if results.repetitions == 1 else "search"
        counted = wording.counted(len(values), unit)
        words = f"mean of {tested.what} over {counted} minus {validated.formula.words}"
        cells[GAP] = Cell(
            value=gap,
            fingerprints=(*validated.fingerprints, *tested.trials),
            formula=Formula(words=words, metrics=(*tested.metrics, *validated.formula.metrics)),
        )
    return cells


def _won(results: StudyResults, found: Sequence[Point], metric: str) -> Cell | None:
    """Return what winners scored in the search: of repeated ones their means, else each seed's."""
    shown, metrics = recorded_as(metric)
    by_seed = [point.values(metrics[0]) for point in found]
    if not found or not all(by_seed):
        return None
    values = by_seed[0]
    if results.repetitions > 1:
        values = tuple(sum(each) / len(each) for each in by_seed)
    if metrics[0] != metric:
        values = tuple(100.0 - value for value in values)  # of an error, the accuracy
    score = summarize(values)
    trials = tuple(name for point in found for name in point.fingerprints)
    if len(values) == 1:
        words = f"{shown} of the search trial whose settings were confirmed"
        formula = Formula(words=words, metrics=metrics)
        return Cell(value=score.mean, fingerprints=trials, formula=formula)
    of = "searches' winners" if results.repetitions > 1 else "seeds of the winner"
    words = f"mean of {shown} over {len(values)} {of}, in the search"
    return Cell(
        value=score.mean,
        half_width=score.half_width,
        no_spread=not score.spreads,
        n=score.n,
        fingerprints=trials,
        formula=Formula(words=words, metrics=metrics),
    )


def _held_out(results: StudyResults) -> bool:
    """Return whether confirmed seeds, too, hold images out, by which they stop early."""
    stops = (names.look_up(arm.config, "early_stopping.metric") for arm in results.arms)
    return any(each not in (None, "none") for each in stops)


def validation_note(results: StudyResults) -> str:
    """Return what a reader must know of `validation_columns`."""
    seeds = search_seeds(results)
    best = "the best of all search trials, from one seed, so that it flatters"
    if seeds > 1:
        best = (
            f"the best of all points' means over the search's {seeds} seeds, ± half the 95 % "
            "interval over these, so that it flatters still, which the interval does not know"
        )
    if results.repetitions > 1:
        best = (
            "the mean over the searches of the best of each, ± half the 95 % interval over "
            "searches, so that it flatters"
        )
    which = "The latter"
    if not results.objective.is_error:
        which = f"Its {results.objective.metric}, by which it was chosen,"
    return (
        "validation → test: the mean over the confirmed seeds minus the winner's own validation "
        f"score. {which} is {best}; the test split has other images"
        f"{'' if _held_out(results) else _TRAINED_ON_ALL}."
    )


def tie_note(results: StudyResults) -> str:
    """Return which winners are no better than others of their search; empty if none is so.

    Validation splits are small, so that equal scores are common: the settings of the earliest are
    then a matter of order, not of tuning.
    """
    metric, tied = results.objective.metric, []
    for arm in results.arms:
        for found in winners(results, arm):
            scores = [p.metric(metric) for p in _points(results, arm, found.repetition)]
            equal = scores.count(found.metric(metric))
            if equal > 1:
                tied.append(f"{search_name(arm.name, found.repetition)} ({equal} of {len(scores)})")
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


def _none_completed(arm: Arm, search: int) -> str:
    trials = [trial for trial in arm.phase("search") if trial.repetition == search]
    if not trials or any(trial.is_open for trial in trials):
        return "no search trial is done"
    return f"no search trial completed: {list_endings(trials)}"
