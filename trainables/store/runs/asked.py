"""Whether a recorded trial is the one that a study's books list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from incay.trainables import names
from incay.trainables.store.shapes import ArmBook, TrialRow


class Asked:
    """What a study asks of an arm's trials, made ready to be held against many of them.

    What a study derives for each trial is left out: seeds, the split, a threshold that another
    arm's norm has decided. So is what the arm says of a component in whose place a search chose
    another.
    """

    def __init__(self, arm: ArmBook) -> None:
        self._config = arm.config
        self._flat = {name: names.flatten({name: value}) for name, value in arm.config.items()}
        self._same: dict[str, Any] = {}  # parts of records, last found to be what the arm says
        derived = [*names.DERIVED, "split"]
        if "arm:" in str(arm.difference.get(names.THRESHOLD, "")):
            derived.append(names.THRESHOLD)
        self._is_derived = cache(partial(names.within, parts=derived))

    def problem(self, row: TrialRow, config: Mapping[str, Any]) -> str:
        """Return in what a trial's configuration is not what its row says; empty if it is.

        Args:
            row: The trial, as the study lists it.
            config: Its configuration, as it is recorded.
        """
        parts = _parts(tuple(row.params))
        # Most parts are what the arm says, and to find that they are costs little.
        differs = [
            name
            for name, value in self._config.items()
            if name in parts or not self._is_as_asked(name, config.get(name), value)
        ]
        asked: dict[str, Any] = {}
        for name in differs:
            asked |= self._flat[name]
        if elsewhere := names.replaced(self._config, row.params):
            asked = {n: value for n, value in asked.items() if not names.within(n, elsewhere)}
        asked |= row.params
        trained: dict[str, Any] = {}
        for name in parts.union(differs) & config.keys():
            trained |= names.flatten({name: config[name]})
        for name, value in asked.items():
            if (
                name in trained
                and trained[name] != value
                and not self._derives(name, asked, config)
            ):
                return f"it has {name}={trained[name]!r}, not {value!r}"
        return ""

    def _is_as_asked(self, name: str, part: Any, asked: Any) -> bool:
        """Return whether a part is what the arm says; records out of one pack share most parts."""
        if part is not None and part is self._same.get(name):
            return True
        is_so = bool(part == asked)
        if is_so:
            self._same[name] = part
        return is_so

    def _derives(self, name: str, asked: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
        """Return whether a setting may be another than the arm's."""
        if self._is_derived(name):
            return True
        # Off in both it is the same, whatever else is said of it.
        is_off = not names.incay_is_on(names.nest(asked)) and not names.incay_is_on(config)
        return is_off and names.within(name, [names.INCAY])


@cache
def _parts(searched: tuple[str, ...]) -> frozenset[str]:
    """Return in which parts of a configuration searched settings stand; those of arms are few."""
    return frozenset(name.partition(".")[0] for name in searched)
