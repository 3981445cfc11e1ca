"""Did every arm get the same budget? A comparison of unequal efforts is not a comparison.

Counted are search trials, however they ended, and optimiser steps per trial; the number of
seeds stands beside every mean. Steps are compared among arms of one data set and network only: a
table may span several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.results import Arm, StudyResults


@dataclass(frozen=True)
class Inequality:
    """A quantity of which arms got different amounts.

    Attributes:
        quantity: What was unequal.
        amounts: By arm.
        usual: What most arms got.
    """

    quantity: str
    amounts: Mapping[str, int]
    usual: int

    @property
    def deviating(self) -> tuple[str, ...]:
        """The arms that got another amount than most."""
        return tuple(name for name, amount in self.amounts.items() if amount != self.usual)

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {amount:,}" for name, amount in self.amounts.items())
        return f"{self.quantity}: {figures}"


def find_inequalities(results: StudyResults) -> list[Inequality]:
    """Return what is unequal among a study's arms.

    Search trials are compared once a confirm phase has begun: before that, arms are merely at
    different points of the same search. An arm that was not searched at all beside one that was
    is the most unequal of all.
    """
    found = []
    if any(trial.phase == "confirm" for trial in results.trials):
        found += _compare("search trials", results.arms, lambda arm: len(arm.phase("search")))
    by_context: dict[tuple[Any, Any], list[Arm]] = defaultdict(list)
    for arm in results.arms:
        if arm.setting("steps") is not None:
            by_context[arm.setting("dataset.name"), arm.setting("network.name")].append(arm)
    for arms in by_context.values():
        found += _compare("steps per trial", arms, lambda arm: int(arm.setting("steps")))
    return found


def _compare(
    quantity: str, arms: list[Arm] | tuple[Arm, ...], amount: Callable[[Arm], int]
) -> list[Inequality]:
    amounts = {arm.name: amount(arm) for arm in arms}
    counts = list(amounts.values())
    if len(set(counts)) <= 1:
        return []
    return [Inequality(quantity, amounts, max(set(counts), key=lambda c: (counts.count(c), c)))]
