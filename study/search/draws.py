"""How a point is drawn, given how those before it have ended.

What a sampler must remember of a point is kept, and no more: `random` and lists of points need none
of it, TPE some numbers (`incay.study.search.tpe`). What is left to Optuna's own study keeps
kilobytes of each point there, and takes longer for each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from incay.study.search.distributions import DIRECTIONS, distribution, single_value, suggest
from incay.study.search.outcomes import Outcome
from incay.study.spec.searches.ranges import Space

KNOWN = optuna.__version__.startswith("5.0.")
"""Whether this Optuna's inner parts are those that are used here, and by TPE and pruners."""
Fixed = Mapping[str, Any]
"""A point that is given, by dotted name."""


class Draws(Protocol):
    """Draws points, each of which counts as running until it is told how it ended."""

    def draw(self, seed: int, fixed: Fixed | None) -> dict[str, Any]:
        """Return a point: the given one, or else one by a random generator of this seed."""

    def drop(self) -> None:
        """Forget the point drawn last, which is none."""

    def show(self, outcome: Outcome) -> None:
        """Take in how the first point ended that is still running."""


class PlainDraws:
    """Points that do not depend on others: random ones, or given ones.

    Args:
        spaces: What is searched, by dotted name.
    """

    def __init__(self, spaces: Mapping[str, Space]) -> None:
        self._spaces = spaces
        self._distributions = {name: distribution(space.range) for name, space in spaces.items()}
        self._random = RandomSampler(seed=0)

    def draw(self, seed: int, fixed: Fixed | None) -> dict[str, Any]:
        """Return a point; see `Draws`."""
        random = self._seeded(seed)
        point: dict[str, Any] = {}
        for name, space in self._spaces.items():
            if space.applies(point):
                searched = self._distributions[name]
                if fixed is not None and name in fixed:
                    value = fixed[name]
                    searched.to_internal_repr(value)  # raises an error if it could not be one
                elif searched.single():
                    value = single_value(searched)
                else:
                    value = random.sample_independent(None, None, name, searched)
                point[name] = value
        return point

    def _seeded(self, seed: int) -> RandomSampler:
        """Return a sampler of this seed; to seed one anew takes a fiftieth of making one."""
        if not KNOWN:
            return RandomSampler(seed=seed)
        self._random._rng.rng.seed(seed)
        return self._random

    def drop(self) -> None:
        """Nothing is kept."""

    def show(self, outcome: Outcome) -> None:
        """Nothing is kept."""


class OptunaDraws:
    """Points of a sampler of Optuna's, by an Optuna study.

    Args:
        spaces: What is searched, by dotted name.
        sampler: Name of the sampler.
        directions: ``min`` or ``max`` of each objective.
    """

    def __init__(
        self, spaces: Mapping[str, Space], sampler: str, directions: Sequence[str]
    ) -> None:
        self._spaces = spaces
        self._sampler = sampler
        self._study = optuna.create_study(directions=[DIRECTIONS[item] for item in directions])
        self._running: deque[optuna.Trial] = deque()

    def draw(self, seed: int, fixed: Fixed | None) -> dict[str, Any]:
        """Return a point; see `Draws`."""
        if fixed is not None:
            self._study.enqueue_trial(dict(fixed))
        if fixed is None or self._sampler == "cmaes":  # which keeps its state in each trial
            self._study.sampler = self._build(seed)
        trial = self._study.ask()
        self._running.append(trial)
        point: dict[str, Any] = {}
        for name, space in self._spaces.items():
            if space.applies(point):
                point[name] = suggest(trial, name, space.range)
        return point

    def drop(self) -> None:
        """Forget the point drawn last."""
        self._study.tell(self._running.pop(), state=TrialState.FAIL)

    def show(self, outcome: Outcome) -> None:
        """Take in how the first point ended that is still running."""
        trial = self._running.popleft()
        for report, value in outcome.intermediate.items():
            trial.report(value, report)
        self._study.tell(trial, outcome.told, state=outcome.state)

    def _build(self, seed: int) -> BaseSampler:
        if self._sampler == "tpe":
            return tpe_sampler(seed)
        if self._sampler == "gp":
            return GPSampler(seed=seed)
        if self._sampler == "cmaes":
            return CmaEsSampler(seed=seed, warn_independent_sampling=False)
        return RandomSampler(seed=seed)


def tpe_sampler(seed: int) -> TPESampler:
    """Return Optuna's TPE as studies use it."""
    return TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
