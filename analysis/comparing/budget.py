"""Did every arm get the same budget? A comparison of unequal efforts is not a comparison.

Counted are search trials, however they ended, and optimiser steps per trial; the number of
seeds stands beside every mean. Steps are compared among arms of one data set and network only: a
table may span several.

An arm that was not searched beside one that was is the most unequal of all, with one exception:
it has none of the searched settings. Plain softmax has no λ, so that there is nothing to search
where only λ is; the table then says what that means. Softmax has a weight decay, though: where
that is searched for the others and not for it, the budgets are unequal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from incay.analysis.results.points import search_points
from incay.analysis.results.study import Arm, StudyResults
from incay.trainables import names


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
    different points of the same search. Arms that have nothing to search are left out, see
    `untunable`; and where the study gives each arm the same time (``budget.seconds``), numbers
    of trials are not compared at all.
    """
    found = []
    by_time = results.budget is not None and bool(results.budget.seconds)
    if any(trial.phase == "confirm" for trial in results.trials) and not by_time:
        nothing = untunable(results)
        searched = [arm for arm in results.arms if arm.name not in nothing]
        found += _compare(*_searched(results, searched))
    by_context: dict[tuple[Any, Any], list[Arm]] = defaultdict(list)
    for arm in results.arms:
        if arm.setting(names.STEPS) is not None:
            by_context[arm.setting(names.DATASET), arm.setting(names.NETWORK)].append(arm)
    for arms in by_context.values():
        found += _compare("steps per trial", arms, lambda arm: int(arm.setting(names.STEPS)))
    return found


def _searched(
    results: StudyResults, arms: list[Arm]
) -> tuple[str, list[Arm], Callable[[Arm], int]]:
    """Return what of the arms' searches must be equal.

    Trainings, where these are what the budget gives. Else points: a race spares seeds of some, and
    of one arm's more than of another's.
    """
    budget = results.budget
    if budget is None or (budget.seeds == 1 and budget.trainings is None):
        return "search trials", arms, lambda arm: len(arm.phase("search"))
    if budget.trainings is not None:
        return "search trainings", arms, lambda arm: len(arm.phase("search"))
    return "search points", arms, lambda arm: len(search_points(results, arm))


def untunable(results: StudyResults) -> dict[str, tuple[str, ...]]:
    """Return the arms that were not searched because they have none of the searched settings.

    Returns:
        By arm, the settings that the others were searched for.
    """
    searched = tuple(dict.fromkeys(name for arm in results.arms for name in arm.search))
    return {
        arm.name: searched
        for arm in results.arms
        if searched and not arm.search and not arm.phase("search")
        if not any(names.matters(arm.config, name) for name in searched)
    }


def _compare(quantity: str, arms: list[Arm], amount: Callable[[Arm], int]) -> list[Inequality]:
    amounts = {arm.name: amount(arm) for arm in arms}
    counts = list(amounts.values())
    if len(set(counts)) <= 1:
        return []
    return [Inequality(quantity, amounts, max(set(counts), key=lambda c: (counts.count(c), c)))]
