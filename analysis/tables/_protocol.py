"""What every table says of how its numbers came about."""

from __future__ import annotations

from analysis.cells import Table
from analysis.results import StudyResults


def protocol_sentence(results: StudyResults) -> str:
    """Return one sentence on which split was read, when, and how settings were chosen."""
    if results.protocol == "paper":
        return (
            "Protocol: paper. Settings are fixed, there is no validation split, and the test "
            "set was read as the papers did."
        )
    if not results.searches:
        return f"Protocol: sealed. Settings are fixed; the {_split(results)} split was read once."
    if any(trial.phase == "confirm" for trial in results.trials):
        return (
            "Protocol: sealed. Settings were searched on the validation split and frozen; fresh "
            f"seeds then confirmed them on the {_split(results)} split."
        )
    return (
        "Protocol: sealed. Settings are being searched on the validation split; the test split "
        "is still sealed."
    )


def general_notes(results: StudyResults) -> tuple[str, ...]:
    """Return the notes that every table of a study carries."""
    if not results.overrides:
        return ()
    return (f"Changed from the study file: {', '.join(results.overrides)}.",)


def interval_note(table: Table) -> str | None:
    """Return what ± stands for in a table, None where it has no measured number."""
    counts = {cell.n for _, _, cell in table.cells() if cell.value is not None and cell.n}
    if not counts:
        return None
    if counts == {1}:
        return "One seed: it shows no spread, so no interval is given."
    seeds = "n seeds" if len(counts) > 1 else f"{counts.pop()} seeds"
    note = f"Mean ± half the 95 % interval (Student's t) over {seeds}."
    return note + (" A single seed has no interval." if 1 in counts else "")


def _split(results: StudyResults) -> str:
    return {"test": "test", "val": "validation"}[results.split]
