"""TPE as Optuna has it, bit for bit, without looking through all points for each new one.

Optuna's `TPESampler` gathers what it needs from its study anew for each point: which settings occur
together, which trials are the better tenth, each setting's value in each trial. Here that is kept
as outcomes come in. What is left of a point's cost is arithmetic on arrays, Optuna's own
(`_ParzenEstimator`).

`incay.study.search.draws.KNOWN` says of which Optuna this is true. With another one its own sampler
draws.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.samplers._tpe.sampler import default_gamma
from optuna.trial import TrialState

from incay.study.search.distributions import distribution, single_value
from incay.study.search.draws import Fixed, tpe_sampler
from incay.study.search.outcomes import Outcome
from incay.study.spec.searches.ranges import Space

_MOST_BELOW = 25
"""Points that Optuna's `default_gamma` takes for the better ones, at most."""


class TpeDraws:
    """Points of TPE with one objective.

    Args:
        spaces: What is searched, by dotted name.
        direction: ``min`` or ``max``.
    """

    def __init__(self, spaces: Mapping[str, Space], direction: str) -> None:
        self._spaces = spaces
        self._distributions = {name: distribution(space.range) for name, space in spaces.items()}
        self._optunas = tpe_sampler(0)
        self._rng = np.random.RandomState(0)
        self._random = RandomSampler(seed=0)
        self._seen = _Seen(list(spaces), 1.0 if direction == "min" else -1.0)
        self._groups: list[set[str]] = []
        self._running: deque[tuple[dict[str, Any], dict[str, float]]] = deque()

    def draw(self, seed: int, fixed: Fixed | None) -> dict[str, Any]:
        """Return a point; see `incay.study.search.draws.Draws`."""
        if fixed is None:
            self._rng.seed(seed)
            self._random._rng.rng.seed(seed)
        relative: dict[str, Any] | None = None
        point: dict[str, Any] = {}
        for name, space in self._spaces.items():
            if not space.applies(point):
                continue
            searched = self._distributions[name]
            if fixed is not None and name in fixed:
                value = fixed[name]
            elif searched.single():
                value = single_value(searched)
            else:
                if relative is None:
                    relative = self._together()
                # Rounding may have led out of the range.
                if name in relative and _contains(searched, relative[name]):
                    value = relative[name]
                else:
                    value = self._by_itself(name)
            searched.to_internal_repr(value)  # raises an error if it could not be one
            point[name] = value
        # Settings that were drawn but do not apply count as long as it is running.
        assumed = self._internal({**(relative or {}), **point})
        self._running.append((point, assumed))
        return point

    def drop(self) -> None:
        """Forget the point drawn last."""
        self._running.pop()

    def show(self, outcome: Outcome) -> None:
        """Take in how the first point ended that is still running."""
        point, _ = self._running.popleft()
        state = outcome.state
        if state == TrialState.FAIL:
            return
        values = outcome.told if state == TrialState.COMPLETE else None
        self._seen.add(self._internal(point), values, outcome.intermediate)
        self._groups = _divided(self._groups, set(point))

    def _internal(self, point: Mapping[str, Any]) -> dict[str, float]:
        return {
            name: float(self._distributions[name].to_internal_repr(value))
            for name, value in point.items()
        }

    def _together(self) -> dict[str, Any]:
        """Draw the settings that have occurred, those that always occur together as one."""
        drawn: dict[str, Any] = {}
        if self._seen.count >= self._optunas._n_startup_trials:
            for group in self._groups:
                names = sorted(name for name in group if not self._distributions[name].single())
                if names:
                    drawn.update(self._sampled(names))
        return drawn

    def _by_itself(self, name: str) -> Any:
        searched = self._distributions[name]
        if self._seen.count < self._optunas._n_startup_trials:
            return self._random.sample_independent(None, None, name, searched)
        return self._sampled([name])[name]

    def _sampled(self, names: Sequence[str]) -> dict[str, Any]:
        """Draw candidates by the better points, and return the one that they favour most."""
        searched = {name: self._distributions[name] for name in names}
        below, above = self._seen.split(names, default_gamma(self._seen.count))
        running = [
            [assumed[name] for name in names]
            for _, assumed in self._running
            if all(name in assumed for name in names)
        ]
        if running:
            above = np.concatenate([above, np.array(running)])
        better, worse = (
            self._optunas._parzen_estimator_cls(
                {name: rows[:, column] for column, name in enumerate(names)},
                searched,
                self._optunas._parzen_estimator_parameters,
            )
            for rows in (below, above)
        )
        candidates = better.sample(self._rng, self._optunas._n_ei_candidates)
        favour = self._optunas._compute_acquisition_func(candidates, better, worse)
        chosen = self._optunas._compare(candidates, favour)
        return {name: each.to_external_repr(chosen[name]) for name, each in searched.items()}


class _Seen:
    """The points that have ended with a value, in order.

    Args:
        names: The settings.
        sign: 1 where less is better, -1 where more is.

    Attributes:
        count: How many they are.
    """

    def __init__(self, names: Sequence[str], sign: float) -> None:
        self.count = 0
        self._columns = {name: column for column, name in enumerate(names)}
        self._sign = sign
        self._points: npt.NDArray[np.float64] = np.full((64, len(names)), np.nan)
        # The best come first, the earliest of equals: only so many can be among the better ones.
        self._whole: list[tuple[float, int]] = []
        self._pruned: list[tuple[float, float, int]] = []

    def add(
        self,
        point: Mapping[str, float],
        values: Sequence[float] | None,
        intermediate: Mapping[int, float],
    ) -> None:
        """Take in a point, its value if it is whole, and what it reported."""
        if self.count == len(self._points):
            self._points = np.concatenate([self._points, np.full_like(self._points, np.nan)])
        for name, value in point.items():
            self._points[self.count, self._columns[name]] = value
        if values is not None:
            bisect.insort(self._whole, (self._sign * values[0], self.count))
            del self._whole[_MOST_BELOW:]
        else:
            bisect.insort(self._pruned, (*self._progress(intermediate), self.count))
            del self._pruned[_MOST_BELOW:]
        self.count += 1

    def _progress(self, intermediate: Mapping[int, float]) -> tuple[float, float]:
        """Return by what pruned points are ordered: who went further is better."""
        if not intermediate:
            return 1.0, 0.0
        step, value = max(intermediate.items())
        return -float(step), math.inf if math.isnan(value) else self._sign * value

    def split(
        self, names: Sequence[str], most: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return (points, names) of the better points and of the others, each in order.

        Args:
            names: Only points that have all of these are returned.
            most: How many are the better ones.
        """
        better = [index for *_, index in self._whole[:most]]
        better += [index for *_, index in self._pruned[: most - len(better)]]
        is_better = np.zeros(self.count, dtype=bool)
        is_better[better] = True
        points = self._points[: self.count, [self._columns[name] for name in names]]
        has_all = ~np.isnan(points).any(axis=1)
        return points[is_better & has_all], points[~is_better & has_all]


def _divided(groups: Sequence[set[str]], names: set[str]) -> list[set[str]]:
    """Divide groups of settings so that these, which have occurred together, fill some of them."""
    found = []
    for group in groups:
        found += [group & names, group - names]
        names = names - group
    return [group for group in (*found, names) if group]


def _contains(searched: BaseDistribution, value: Any) -> bool:
    return bool(searched._contains(searched.to_internal_repr(value)))
