"""Comparisons that had been seen beside a study's own, before it was looked at.

Whoever looks at five arms and then makes a study of the best has chosen it by its results: Holm's
family is still the five. So where an earlier run shows a comparison of this study, the comparisons
that it had beside it count as well; where it shows both arms but had not planned to compare them,
because the baseline or the factor was another one, every pair of its arms counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from incay.analysis.comparing.references import planned_trials, references
from incay.analysis.errors import AnalysisError
from incay.analysis.results.earlier_plans import EarlierPlan, earlier_plans
from incay.analysis.results.loading import outline
from incay.analysis.results.study import Arm, StudyResults

_Trials = frozenset[str]
_Pair = tuple[_Trials, _Trials]
_SEEN = 2
"""Pairs of trials, as in `incay.analysis.comparing.rules`."""


@dataclass(frozen=True)
class SeenBeside:
    """Comparisons that count besides a study's own.

    Attributes:
        count: How many.
        runs: Where they had been seen, as ``STUDY@RUN``.
    """

    count: int = 0
    runs: tuple[str, ...] = ()


def seen_beside(results: StudyResults, planned: Mapping[str, tuple[Arm, Arm]]) -> SeenBeside:
    """Return what had been seen beside the comparisons that a study plans.

    Args:
        results: The study.
        planned: Its comparisons by name.
    """
    own = [_trials(*arms) for arms in planned.values()]
    counted = list(own)
    runs = []
    for plan in earlier_plans(results):
        mine = [pair for pair in own if len(plan.pairs(*pair)) >= _SEEN]
        beside = _comparisons_of(results, plan, mine) if mine else []
        new = [pair for pair in beside if not _among(pair, counted)]
        if new:
            runs.append(f"{plan.study}@{plan.run}")
            counted += new
    return SeenBeside(len(counted) - len(own), tuple(runs))


def _comparisons_of(
    results: StudyResults, plan: EarlierPlan, mine: Collection[_Pair]
) -> list[_Pair]:
    """Return the comparisons that an earlier run could be searched for one of these."""
    try:
        earlier = outline(results.store, plan.study, plan.run)
    except AnalysisError:
        return []
    its = [
        _trials(earlier.arm(name), earlier.arm(other))
        for name, other in references(earlier).items()
    ]
    if all(_among(pair, its) for pair in mine):
        return its
    pairs = (_trials(*arms) for arms in combinations(earlier.arms, 2))
    return [pair for pair in pairs if pair[0].isdisjoint(pair[1])]


def _trials(first: Arm, second: Arm) -> _Pair:
    return planned_trials(first), planned_trials(second)


def _among(pair: _Pair, known: Collection[_Pair]) -> bool:
    """Return whether two arms are compared already, in either direction."""
    first, second = pair
    return any(
        not (a.isdisjoint(first) or b.isdisjoint(second))
        or not (a.isdisjoint(second) or b.isdisjoint(first))
        for a, b in known
    )
