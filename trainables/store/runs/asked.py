"""Whether a recorded trial is the one that a study's books list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.trainables import names
from incay.trainables.store.shapes import ArmBook, TrialRow


def unasked(arm: ArmBook, row: TrialRow, config: Mapping[str, Any]) -> str:
    """Return in what a trial's configuration is not what its row says; empty if it is.

    What a study derives for each trial is left out: seeds, the split, a threshold that another
    arm's norm has decided. So is what the arm says of a component in whose place a search chose
    another.

    Args:
        arm: What the study asks for.
        row: The trial, as the study lists it.
        config: Its configuration, as it is recorded.
    """
    elsewhere = names.replaced(arm.config, row.params)
    parts = {name.partition(".")[0] for name in row.params}
    # Most parts are what the arm says, and to find that they are costs little.
    differs = {
        name: value
        for name, value in arm.config.items()
        if name in parts or config.get(name) != value
    }
    asked = names.flatten(differs)
    if elsewhere:
        asked = {n: value for n, value in asked.items() if not names.within(n, elsewhere)}
    asked |= row.params
    trained = names.flatten({name: config[name] for name in {*differs, *parts} if name in config})
    derived = [*names.DERIVED, "split"]
    if not names.incay_is_on(names.nest(asked)) and not names.incay_is_on(config):
        derived.append(names.INCAY)  # off in both: the same, whatever else is said of it
    if _waits(arm):
        derived.append(names.THRESHOLD)
    for name, value in asked.items():
        if name in trained and trained[name] != value and not names.within(name, derived):
            return f"it has {name}={trained[name]!r}, not {value!r}"
    return ""


def _waits(arm: ArmBook) -> bool:
    return "arm:" in str(arm.difference.get(names.THRESHOLD, ""))
