"""How much of an arm's spread comes from its search, and how much from the seeds that confirm it.

Repeated searches of an arm freeze different winners. A randomised one-way analysis of variance
takes their confirmed values apart: seeds within a search show what training alone spreads, and what
the searches' means spread beyond that comes from the search, its seeds and its split.

Searle, S. R., Casella, G., McCulloch, C. E. (1992). Variance Components, section 3.6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incay.analysis.comparing.measure import measure_seeds
from incay.analysis.results.study import Arm, StudyResults


@dataclass(frozen=True)
class TuningSpread:
    """Standard deviations of an arm's confirmed values, in the metric's unit.

    Attributes:
        searches: Between searches, were each confirmed with seeds without end; None where it
            cannot be told, and of an arm that was not searched. Where seeds alone would spread the
            means as far, it is 0.
        seeds: Between seeds of one search; None where no search has two.
        fingerprints: The trials behind them.
    """

    searches: float | None
    seeds: float | None
    fingerprints: tuple[str, ...]


def tuning_spread(results: StudyResults, arm: Arm, metric: str) -> TuningSpread:
    """Return how an arm's confirmed values spread between searches and within them."""
    measured = measure_seeds(results, arm, metric)
    groups: dict[int, list[float]] = {}
    for trial in arm.phase("confirm"):
        if trial.number in measured.values:
            groups.setdefault(trial.repetition, []).append(measured.values[trial.number])
    within = _within(groups)
    between = _between(groups, within) if arm.search and within is not None else None
    return TuningSpread(
        None if between is None else math.sqrt(between),
        None if within is None else math.sqrt(within),
        measured.trials,
    )


def _within(groups: Mapping[int, Sequence[float]]) -> float | None:
    """Return the variance within groups, None where none has two values."""
    freedom = sum(len(values) - 1 for values in groups.values())
    if not freedom:
        return None
    return sum(_squares(values) for values in groups.values()) / freedom


def _between(groups: Mapping[int, Sequence[float]], within: float) -> float | None:
    """Return the variance between groups beyond that within them, None of a single group."""
    if len(groups) < 2:
        return None
    sizes = [len(values) for values in groups.values()]
    total = sum(sizes)
    mean = math.fsum(value for values in groups.values() for value in values) / total
    squares = math.fsum(
        len(values) * (math.fsum(values) / len(values) - mean) ** 2 for values in groups.values()
    )
    size = (total - sum(each**2 for each in sizes) / total) / (len(groups) - 1)
    return max(0.0, (squares / (len(groups) - 1) - within) / size)


def _squares(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)
