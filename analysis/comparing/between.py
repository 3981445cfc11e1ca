"""By which rule an arm of two studies is tested: see `incay.analysis.comparing.rules`.

The test of a fixed number of seeds is made where each study declares one, has them all, and was
looked at under no other plan before. Else, because a study has several looks or was given more
seeds after one, pairs are tested by what is valid at any time, and arms without common seeds not at
all: no such test is known of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from incay.analysis.comparing.rules import LEVEL, has_ended
from incay.analysis.results.earlier_plans import earlier_plans
from incay.analysis.results.study import Arm, StudyResults
from incay.analysis.statistics.paired import PairedTest, paired_differences
from incay.analysis.statistics.rounding import largest
from incay.analysis.statistics.sequential.always_valid import (
    SHARE_LEFT,
    always_valid_half_width,
    always_valid_p,
)

_SEEN = 2
"""Trials of an arm that must have been seen, as pairs in `incay.analysis.comparing.rules`."""


@dataclass(frozen=True)
class Settled:
    """Whether numbers of seeds were settled before results could be seen.

    Attributes:
        fixed: Whether both were, so that one test of a fixed number holds.
        share: The share of α that is left where they were not.
        waits: Why nothing is tested yet; else empty.
    """

    fixed: bool = True
    share: float = 1.0
    waits: str = ""


def settled(*arms: tuple[StudyResults, Arm]) -> Settled:
    """Return how the seeds of arms were settled.

    Args:
        arms: Each with its study. A book of an earlier version, which noted no looks, had one.
    """
    if any(_changed(*each) for each in arms):
        return Settled(fixed=False, share=SHARE_LEFT)
    if any(len(results.looks) > 1 for results, _ in arms):
        return Settled(fixed=False)
    for results, arm in arms:
        if results.looks and not has_ended(arm, results.replicates):
            done = sum(not trial.is_open for trial in arm.phase("confirm"))
            return Settled(waits=f"{done} of {results.replicates} seeds of {results.name}")
    return Settled()


def _changed(results: StudyResults, arm: Arm) -> bool:
    """Return whether an arm could be seen under another plan before."""
    trials = {trial.fingerprint for trial in arm.phase("confirm")}
    return any(
        not plan.same and len(trials & plan.order.keys()) >= _SEEN
        for plan in earlier_plans(results)
    )


def at_any_time(
    test: PairedTest, first: Mapping[int, float], second: Mapping[int, float], share: float
) -> PairedTest:
    """Return a paired test with the p-value and the interval that hold at any time.

    Args:
        test: The test.
        first: What it is of, by seed.
        second: Likewise.
        share: Of α.
    """
    differences = paired_differences(first, second)
    size = largest(*(each[seed] for each in (first, second) for seed in differences))
    # By seed: an order that nobody could choose by the results.
    p = always_valid_p([differences[seed] for seed in sorted(differences)], size=size) / share
    half_width = always_valid_half_width(test.n, test.deviation, LEVEL)
    known = test.p is not None and math.isfinite(p)
    return replace(test, p=min(1.0, p) if known else None, half_width=half_width)
