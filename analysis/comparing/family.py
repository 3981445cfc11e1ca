"""The family of tests that Holm's correction is over: every comparison that was planned.

A planned comparison counts even where it cannot be made, because an arm has diverged or a record
is damaged: else the other arms would be tested less strictly. Two comparisons of the same trials,
whatever their arms are called (λ = 0 is the plain loss bit for bit), are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from incay.analysis.comparing.references import planned_trials
from incay.analysis.results.study import Arm
from incay.analysis.statistics.holm import holm, holm_levels

ALPHA = 0.05

_Key = tuple[frozenset[str], frozenset[str]] | str


@dataclass(frozen=True)
class Family:
    """Corrected p-values.

    Attributes:
        adjusted: Holm's p-values by name, of the comparisons that have a p-value.
        size: How many comparisons the family has.
        levels: The level at which each was tested: those that are decided leave theirs to the rest.
    """

    adjusted: Mapping[str, float]
    size: int
    levels: Mapping[str, float]


def correct(
    planned: Mapping[str, tuple[Arm, Arm]],
    p_values: Mapping[str, float | None],
    beside: int = 0,
) -> Family:
    """Return Holm's correction of the comparisons that could be made.

    Args:
        planned: The arms of every comparison that was planned, by its name.
        p_values: Of the comparisons that could be made.
        beside: How many more count, see `incay.analysis.comparing.seen_before`.
    """
    keys = {name: _key(name, *arms) for name, arms in planned.items()}
    known = {name: p for name in planned if (p := p_values.get(name)) is not None}
    of_key = {key: known.get(name, 1.0) for name, key in keys.items()}
    values = [*of_key.values(), *[1.0] * beside]
    adjusted = dict(zip(of_key, holm(values), strict=False))
    of_level = dict(zip(of_key, holm_levels(values, ALPHA), strict=False))
    return Family(
        {name: adjusted[keys[name]] for name in known},
        len(values),
        {name: of_level[key] for name, key in keys.items()},
    )


def _key(name: str, first: Arm, second: Arm) -> _Key:
    """Return what two comparisons of the same trials share; without trials, none is another's."""
    trials = planned_trials(first), planned_trials(second)
    return trials if all(trials) else name
