"""Tables of measures: those that are asked for, and those of geometry and of calibration."""

from __future__ import annotations

from incay.analysis.output.table import Table
from incay.analysis.results.measured import value_of
from incay.analysis.results.study import StudyResults
from incay.analysis.tables.base import register_table
from incay.analysis.tables.layouts.chosen import chosen_table
from incay.trainables.metrics import ERROR, TRAIN, all_quantities

_GEOMETRY = (
    *("nc1", "nc2", "nc3", "nc4", "fisher", "separation", "angle_within", "angle_between"),
    *("distance_ratio", "distance_ratio.unit", "effective_rank", "property3"),
    *("property3.within", "property3.between", "property3.robust", "property3.robust_ratio"),
)
_CALIBRATION = (
    *("nll", "nll.t", "brier", "brier.t", "ece", "ece.t", "ece_mass", "ece_mass.t"),
    *("temperature", "aurc", "aurc.norm"),
)
_OF_SPLIT = (
    "Class means and distances are those of the {split} split. Neural collapse is defined on the "
    "training images: measure.train: true records it, and the columns train.nc1 and others show it."
)
_DRAWN = (
    "Angles, distances, Property 3 and the effective rank are of at most 1,000 drawn images, as "
    "many of each class: of all pairs the largest distance can only be larger, the smallest "
    "smaller."
)
_TEMPERED = (
    "T: after one temperature. It is fitted on validation where a trial has it beside this split; "
    "else on one half of the split's images for the other, and the other way round."
)


@register_table("columns")
def columns(results: StudyResults) -> Table:
    """Return a column for everything that trials of the study have of its split."""
    names = [ERROR.name, *(name for name in all_quantities() if name != ERROR.name)]
    trials = [trial for trial in results.trials if trial.phase == "confirm"]
    there = [
        name
        for name in names
        if any(value_of(results, trial, f"{results.split}.{name}") is not None for trial in trials)
    ]
    return chosen_table(results, there, _title(results))


@register_table("geometry")
def geometry(results: StudyResults) -> Table:
    """Return neural collapse, separation, angles, distances and Property 3 of each arm."""
    trained = [
        f"{TRAIN}.{name}"
        for name in ("nc1", "nc2", "nc3", "nc4")
        if any(trial.setting("measure.train") for trial in results.trials)
    ]
    remarks = (_OF_SPLIT.format(split=results.split), _DRAWN)
    return chosen_table(
        results, (ERROR.name, *trained, *_GEOMETRY), f"Geometry: {_title(results)}", remarks
    )


@register_table("calibration")
def calibration(results: StudyResults) -> Table:
    """Return how confident each arm is, and how well it knows what it does not know."""
    return chosen_table(
        results, (ERROR.name, *_CALIBRATION), f"Calibration: {_title(results)}", (_TEMPERED,)
    )


def _title(results: StudyResults) -> str:
    return results.question or results.name
