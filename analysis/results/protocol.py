"""How a study's numbers came about, in one sentence; on every table and figure."""

from __future__ import annotations

from incay.analysis.results.study import StudyResults
from incay.trainables.metrics import SPLITS


def protocol_sentence(results: StudyResults) -> str:
    """Return one sentence on which split was read, when, and how settings were chosen.

    Others follow where the study's books do not bear it out.
    """
    told = _sentence(results)
    if results.searches and results.altered_winners:
        told = f"{told} But {results.altered_winners}."
    if results.lost_seeds:
        told = f"{told} {results.lost_seeds}."
    return told


def _sentence(results: StudyResults) -> str:
    if results.protocol == "paper":
        return (
            "Protocol: paper. Settings are fixed, there is no validation split, and the test "
            "set was read as the papers did."
        )
    split, by = SPLITS[results.split], chosen_by(results)
    if not results.searches:
        read = "once" if len(results.looks) < 2 else "once for each trial, and tested look by look"
        return f"Protocol: sealed. Settings are fixed; the {split} split was read {read}."
    confirmed = [trial for trial in results.trials if trial.phase == "confirm"]
    if confirmed and not any(trial.record or trial.problem for trial in confirmed):
        return (
            f"Protocol: sealed. Settings were searched on the validation split{by} and frozen; "
            "there is no test result."
        )
    if confirmed:
        if results.repetitions > 1:
            return (
                f"Protocol: sealed. {results.repetitions} times over, settings were searched from "
                f"other search seeds on another validation split{by} and frozen; seeds of their "
                f"own then confirmed each winner on the {split} split."
            )
        return (
            f"Protocol: sealed. Settings were searched on the validation split{by} and frozen; "
            f"fresh seeds then confirmed them on the {split} split."
        )
    return (
        f"Protocol: sealed. Settings are being searched on the validation split{by}; the test "
        "split is still sealed."
    )


def chosen_by(results: StudyResults) -> str:
    """Return by what a search chooses, where that is not the error."""
    objective = results.objective
    if objective.is_error:
        return ""
    return f" by {'least' if objective.mode == 'min' else 'greatest'} {objective.metric}"
