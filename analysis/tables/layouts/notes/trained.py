"""What was trained: the settings that arms share, and those of the arm that others differ from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.analysis import wording
from incay.analysis.comparing.references import flat_settings, shared_settings
from incay.analysis.errors import AnalysisError
from incay.analysis.results.study import Arm, StudyResults
from incay.trainables import names

_TOLD = (
    names.DATASET,
    names.NETWORK,
    names.WIDTH,
    names.LOSS,
    names.STEPS,
    names.BATCH_SIZE,
    names.LEARNING_RATE,
    names.PRECISION,
)
"""Settings that are told at their defaults too; all others where they differ from those."""
_MOST_KEPT = 3
"""So many kept networks are named in a note; `StudyResults.kept` lists all."""


def shared_sentence(results: StudyResults) -> str:
    """Return what all arms were trained on, with and for how long: whatever is not the default."""
    told = _told(results, results.arms[0], shared_settings(results.arms))
    return f"All arms: {told}." if told else ""


def baseline_sentence(results: StudyResults) -> str:
    """Return what the baseline is in the settings in which arms differ.

    Other rows of a table say what differs from it, which says little without it.
    """
    baseline = results.arm(results.baseline)
    shared = shared_settings(results.arms)
    own = {name: v for name, v in flat_settings(baseline).items() if name not in shared}
    own = {name: value for name, value in own.items() if name not in baseline.search}
    told = _told(results, baseline, own)
    return f"{baseline.name}, from which the others differ: {told}." if told else ""


def kept_sentence(results: StudyResults) -> str:
    """Return which trained networks are kept, and by what they were chosen."""
    try:
        kept = results.kept
    except AnalysisError as error:  # no number depends on it
        return f"Which trained networks are kept cannot be told: {error}"
    if not kept:
        return ""
    first = ", ".join(
        f"{each.arm}, replicate {each.number} ({each.fingerprint})"
        if each.arm
        else each.fingerprint
        for each in kept[:_MOST_KEPT]
    )
    more = f" and {len(kept) - _MOST_KEPT} more" if len(kept) > _MOST_KEPT else ""
    chosen = " and ".join(dict.fromkeys(each.chosen_by for each in kept))
    return f"Trained networks kept: {first}{more}; chosen by {chosen}."


def _told(results: StudyResults, arm: Arm, settings: Mapping[str, Any]) -> str:
    # Of a component that a search chooses, the arm's own settings say little of what was trained.
    chosen = [name.partition(".")[0] for name in names.NAMING if name in arm.search]
    return ", ".join(
        f"{name.removesuffix('.name')} {wording.setting(value)}"
        for name, value in settings.items()
        if name not in names.DERIVED and names.matters(arm.config, name)
        if not names.within(name, chosen)
        if name in _TOLD or not _is_default(results, name, value)
    )


def _is_default(results: StudyResults, name: str, value: Any) -> bool:
    """Whether the books know a setting's default and the value is it.

    Books of earlier versions know none: then all that is known is told.
    """
    return name in results.defaults and bool(results.defaults[name] == value)
