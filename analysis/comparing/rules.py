"""By which rule a comparison is tested, so that its level holds however often it is looked at.

``fixed``: the study declared one number of seeds, and nobody had looked at these arms before under
another plan. The paired test is made once, when all seeds are there.

``looks``: the study declared several. Each look has its boundary; they share the level out
(`incay.analysis.statistics.sequential.boundaries`).

``always-valid``: the arms were looked at under another plan first: seeds were added, or others
chosen. The test is then one that may be looked at after every seed, for ever
(`...sequential.always_valid`). The first plan keeps its α, whether its look is complete or not, and
nothing that it decides is taken back; so all others get a tenth of α, and together they claim
anything of equal arms in at most 5.5 % of studies (of six arms that share a baseline: 5 %,
tests/analysis/statistics/test_familywise.py, tests/analysis/comparing/test_adversaries.py).

Holm's correction over the study's comparisons follows in each case
(`incay.analysis.comparing.family`). A book of an earlier version declares nothing, and is read as
it was then: by the fixed rule, with the seeds that there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from incay.analysis.results.earlier_plans import EarlierPlan, earlier_plans, kinds_of
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.paired import PairedTest, paired_differences, paired_test
from incay.analysis.statistics.rounding import largest
from incay.analysis.statistics.sequential.always_valid import (
    SHARE_LEFT,
    always_valid_half_width,
    always_valid_p,
)
from incay.analysis.statistics.sequential.boundaries import boundaries, boundary_at
from incay.analysis.statistics.sequential.sequential_p import sequential_p
from incay.trainables import names

Rule = Literal["fixed", "looks", "always-valid"]

LEVEL = 0.05
"""Of intervals, as of every other."""
_SEEN = 2
"""Pairs that must have been seen for a look: one pair shows no spread, and marks nothing."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A comparison under its rule.

    Attributes:
        rule: The rule.
        test: The paired test at the last look that is complete, else of the pairs so far; its
            interval is one that holds under the rule.
        p: What Holm's correction takes; None where nothing can be tested.
        looks: The pairs at each look that is complete; of `fixed`, the pairs.
        number: How many looks are complete, of which those without a new pair are none of `looks`.
        planned: The seeds at each look that the study declares.
        spending: How the level is shared out among looks.
        waits: Why nothing is tested yet, or at all; else empty.
        ended: Whether the last of the declared looks is complete.
        share: The share of α that is left to the test.
        printed_p: The p-value that `boundary` is of: of looks the test's own, at the last look.
        earlier: The other plans under which the trials had been seen.
    """

    rule: Rule
    test: PairedTest
    p: float | None
    looks: tuple[int, ...] = ()
    number: int = 1
    planned: tuple[int, ...] = ()
    spending: str = ""
    waits: str = ""
    ended: bool = False
    share: float = 1.0
    printed_p: float | None = None
    earlier: tuple[EarlierPlan, ...] = field(default=(), repr=False)

    def boundary(self, level: float) -> float | None:
        """Return what the printed p-value must be below at the last look, None without a look.

        Args:
            level: What Holm's correction leaves to this comparison.
        """
        if self.rule != "looks":
            return level * self.share
        if not self.looks:
            return None
        return boundaries(self.looks, level, self.spending, self.planned[-1])[-1]


def judge(
    results: StudyResults,
    arms: tuple[Arm, Arm],
    values: tuple[Mapping[int, float], Mapping[int, float]],
    up_to: int | None = None,
) -> Judged | None:
    """Test an arm against its reference by the rule that holds; None without a common replicate.

    Args:
        results: The study.
        arms: The arm and its reference.
        values: A metric of both, by replicate.
        up_to: Seeds of the look that is to be judged; None for all that there are.
    """
    if up_to is not None:
        first, second = (
            {number: value for number, value in each.items() if number < up_to} for each in values
        )
        values = first, second
    test = paired_test(*values)
    if test is None:
        return None
    plans = _plans_seen(results, arms, values)
    if plans:
        kinds = _kinds(results, arms)
        return _always_valid(arms, values, test, plans, kinds, repeated=results.repetitions > 1)
    planned = tuple(n for n in results.looks if up_to is None or n <= up_to)
    complete = [n for n in planned if all(has_ended(arm, n) for arm in arms)]
    if len(results.looks) > 1:
        return _at_looks(results, values, test, complete)
    if results.looks and not complete:
        waits = f"{test.n} of {results.replicates} seeds"
        if results.repetitions > 1:
            waits = f"{test.n} of {results.repetitions} searches, not all of them whole"
        return Judged(rule="fixed", test=test, p=None, planned=results.looks, waits=waits)
    return Judged(
        rule="fixed",
        test=test,
        p=test.p,
        looks=(test.n,),
        planned=results.looks,
        printed_p=test.p,
    )


def has_ended(arm: Arm, seeds: int) -> bool:
    """Return whether all of an arm's first replicates have ended, however."""
    ended = {trial.number for trial in arm.phase("confirm") if not trial.is_open}
    return all(number in ended for number in range(seeds))


def _at_looks(
    results: StudyResults,
    values: tuple[Mapping[int, float], Mapping[int, float]],
    test: PairedTest,
    complete: Sequence[int],
) -> Judged:
    path: list[tuple[int, float]] = []
    for seeds in complete:
        at = [{n: value for n, value in each.items() if n < seeds} for each in values]
        found = paired_test(*at)
        if found is None or found.p is None or (path and found.n == path[-1][0]):
            continue  # no pair yet, or none that is new: all of this look's replicates were lost
        path.append((found.n, found.p))
        test = found
    looks = tuple(n for n, _ in path)
    judged = Judged(
        rule="looks",
        test=test,
        p=None,
        looks=looks,
        number=len(complete),
        planned=results.looks,
        spending=results.spending,
        ended=results.looks[-1] in complete,
    )
    if not path:
        first = results.looks[0]
        there = sum(number < first for number in values[0].keys() & values[1].keys())
        waits = f"{there} of the {first} seeds of the first look"
        return replace(judged, waits=waits if not complete else "no pair that could be tested")
    p = sequential_p(path, results.looks[-1], results.spending)
    if test.deviation:
        critical = boundary_at(looks, LEVEL, results.spending, results.looks[-1])
        half_width = critical * test.deviation / math.sqrt(test.n)
        judged = replace(judged, test=replace(test, half_width=_finite(half_width)))
    return replace(judged, p=p, printed_p=test.p)


def _always_valid(
    arms: tuple[Arm, Arm],
    values: tuple[Mapping[int, float], Mapping[int, float]],
    test: PairedTest,
    plans: tuple[EarlierPlan, ...],
    kinds: tuple[str, str],
    *,
    repeated: bool,
) -> Judged:
    differences = paired_differences(*values)
    ordered = sorted(differences)
    if not repeated:
        pairs = _pairs(arms, differences)
        order = {number: _first_look(plans, pair) for number, pair in pairs.items()}
        seeds = _seeds(arms[0])
        # Within a look by seed: an order that nobody could choose by the results.
        ordered.sort(key=lambda number: (order[number], seeds[number]))
    half_width = always_valid_half_width(test.n, test.deviation, LEVEL)
    judged = Judged(
        rule="always-valid",
        test=replace(test, half_width=half_width),
        p=None,
        looks=(test.n,),
        earlier=plans,
    )
    if test.p is None:
        return judged
    left_out = _left_out(arms, plans, kinds)
    if left_out:
        text = f"{left_out} seeds that had been seen are left out"
        return replace(judged, waits=text)
    size = largest(*(each[number] for each in values for number in differences))
    p = always_valid_p([differences[number] for number in ordered], size=size)
    # A plan of one seed has no test, and so no α to keep.
    share = SHARE_LEFT if any(plan.first_look for plan in plans) else 1.0
    return replace(judged, p=min(1.0, p / share), share=share, printed_p=p)


def _kinds(results: StudyResults, arms: tuple[Arm, Arm]) -> tuple[str, str]:
    """Return what two arms are but for their seeds, empty where it is not known."""
    known: dict[str, str] | None = results.cache.get("kinds")
    if known is None:
        known = results.cache["kinds"] = kinds_of(results, results.trials)
    return known.get(arms[0].name, ""), known.get(arms[1].name, "")


def _plans_seen(
    results: StudyResults,
    arms: tuple[Arm, Arm],
    values: tuple[Mapping[int, float], Mapping[int, float]],
) -> tuple[EarlierPlan, ...]:
    """Return the other plans under which, all together, several pairs of the arms had been seen."""
    numbers: Iterable[int] = paired_differences(*values)
    if results.repetitions > 1:  # a value is of a search, which has several replicates
        first, second = ({trial.number for trial in arm.phase("confirm")} for arm in arms)
        numbers = first & second
    own = set(_pairs(arms, numbers).values())
    seen: set[frozenset[str]] = set()
    found = []
    for plan in earlier_plans(results):
        if plan.same:
            continue
        pairs = {pair for pair in own if pair <= plan.order.keys()}
        pairs |= _without(arms, plan, _kinds(results, arms))
        if pairs:
            found.append(plan)
            seen |= pairs
    return tuple(found) if len(seen) >= _SEEN else ()


def _pairs(arms: tuple[Arm, Arm], numbers: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the two trials of each replicate."""
    first, second = ({t.number: t.fingerprint for t in arm.phase("confirm")} for arm in arms)
    return {number: frozenset((first[number], second[number])) for number in numbers}


def _first_look(plans: Sequence[EarlierPlan], pair: frozenset[str]) -> tuple[int, int]:
    """Return in which look of which plan a pair was seen first; a new one comes last."""
    for place, plan in enumerate(plans):
        if pair <= plan.order.keys():
            return place, max(plan.order[trial] for trial in pair)
    return len(plans), 0


def _seeds(arm: Arm) -> dict[int, int]:
    """Return the seed of each replicate of an arm."""
    known = {
        trial.number: names.look_up(trial.record.config, names.SEED)
        for trial in arm.phase("confirm")
        if trial.record is not None
    }
    return {n: seed if isinstance(seed, int) else n for n, seed in known.items()}


def _left_out(arms: tuple[Arm, Arm], plans: Sequence[EarlierPlan], kinds: tuple[str, str]) -> int:
    """Return how many of the pairs that had been seen are not among the arms' own."""
    first, second = ({t.number: t.fingerprint for t in arm.phase("confirm")} for arm in arms)
    known = {frozenset((first[number], second[number])) for number in first.keys() & second.keys()}
    mine, other = frozenset(first.values()), frozenset(second.values())
    seen = {pair for plan in plans for pair in plan.pairs(mine, other)} - known
    return len(seen.union(*(_without(arms, plan, kinds) for plan in plans)))


def _without(
    arms: tuple[Arm, Arm], plan: EarlierPlan, kinds: tuple[str, str]
) -> set[frozenset[str]]:
    """Return the pairs that a plan shows of the same arms with none of their seeds.

    With some of their seeds, and none of their trials, it is of other code or data.
    """
    mine, other = (frozenset(trial.fingerprint for trial in arm.phase("confirm")) for arm in arms)
    pairs = plan.pairs(mine, other, kinds)
    own = {*_seeds(arms[0]).values(), *_seeds(arms[1]).values()}
    if any(seed is None or seed in own for seed in pairs.values()):
        return set()
    return set(pairs)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
