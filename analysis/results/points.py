"""The points of a search: where it looked, with which seeds, and what they gave in the mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incay.analysis.results.study import Arm, StudyResults, Trial


@dataclass(frozen=True)
class Point:
    """A point of a search and its trials, one for each seed.

    Attributes:
        trials: By seed; one, where points are trained with a single seed.
        seeds: How many there are of a whole point.
    """

    trials: tuple[Trial, ...]
    seeds: int

    @property
    def number(self) -> int:
        """Its number in the search."""
        return self.trials[0].number

    @property
    def repetition(self) -> int:
        """Which search of the arm it is of."""
        return self.trials[0].repetition

    @property
    def params(self) -> Mapping[str, Any]:
        """Where it lies, by dotted name."""
        return self.trials[0].params

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Of its trials."""
        return tuple(trial.fingerprint for trial in self.trials)

    @property
    def seconds(self) -> float:
        """What its trials took."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def diverged(self) -> bool:
        """Whether any of its trials did."""
        return any(trial.diverged for trial in self.trials)

    def setting(self, name: str) -> Any:
        """Return the setting that it was trained with; see `Trial.setting`."""
        return self.trials[0].setting(name)

    def values(self, metric: str) -> tuple[float, ...]:
        """Return a metric by seed; nothing where a seed is missing or has given none.

        The mean over some seeds is no match for one over all: the others may be harder. Nor is
        it where one trial stands for two.
        """
        found = [trial.metric(metric) for trial in self.trials]
        values = tuple(value for value in found if value is not None)
        return values if len(values) == self.seeds == len(set(self.fingerprints)) else ()

    def metric(self, name: str) -> float | None:
        """Return the mean of a metric over all seeds; None where it has no value for each."""
        values = self.values(name)
        return sum(values) / len(values) if values else None


def search_seeds(results: StudyResults) -> int:
    """Return with how many seeds a study's points are trained."""
    return 1 if results.budget is None else results.budget.seeds


def search_points(results: StudyResults, arm: Arm) -> tuple[Point, ...]:
    """Return the points of an arm's searches, by repetition and number."""
    seeds = search_seeds(results)
    return tuple(Point(trials, seeds) for trials in arm.searched)
