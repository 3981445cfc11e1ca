"""Points of a search, each a pure function of the study and of the results it may see.

Optuna's samplers choose; what they are shown is decided here. Trial n sees the results of
trials up to n - parallel and nothing else, and its sampler is seeded from (study seed, arm,
n). So neither the order in which trials finish nor an interruption changes any point.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from trainables.records import Status
from trainables.training.seeds import derive_seed

_STATES: Mapping[Status, TrialState] = {
    "completed": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.FAIL,
    "failed": TrialState.FAIL,
    "interrupted": TrialState.FAIL,
}
_EPOCH = datetime.datetime(2000, 1, 1)
_MOST_DRAWS = 20
"""Draws of a point before a repeat of an earlier one is accepted as the space's end."""


@dataclass(frozen=True)
class Outcome:
    """How one search trial ended.

    Attributes:
        params: The point, by dotted name.
        status: The ending.
        value: The objective; None unless it completed or was pruned.
        intermediate: The objective by step.
    """

    params: Mapping[str, Any]
    status: Status
    value: float | None = None
    intermediate: Mapping[int, float] = field(default_factory=dict)


class PointSampler:
    """Chooses the points of one arm.

    Args:
        spaces: What is searched, by dotted name.
        start: The first point: the settings that the study itself gives, where they lie
            within the ranges.
        sampler: Name of the sampler.
        minimize: Direction of the objective.
        parallel: See the module.
        seed_parts: What the seeds are derived from.
    """

    def __init__(
        self,
        spaces: Mapping[str, BaseDistribution],
        start: Mapping[str, Any],
        *,
        sampler: str,
        minimize: bool,
        parallel: int,
        seed_parts: tuple[int | str, ...],
    ) -> None:
        self._spaces = dict(spaces)
        self._start = dict(start) if _within(start, spaces) else None
        self._sampler = sampler
        self._parallel = parallel
        self._seed_parts = seed_parts
        self._shown = 0
        self._storage = optuna.storages.InMemoryStorage()
        with _quiet():
            self._study = optuna.create_study(
                storage=self._storage, direction="minimize" if minimize else "maximize"
            )

    def sees(self, number: int) -> range:
        """Return the numbers of the trials whose outcomes must be known to choose trial n."""
        return range(max(0, number - self._parallel + 1))

    def point(
        self, number: int, outcomes: Mapping[int, Outcome], taken: Mapping[int, Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return the point of trial `number`.

        Args:
            number: Points are asked for in ascending order.
            outcomes: At least the outcomes that `sees` names.
            taken: The points of all earlier trials, so that none is drawn again.
        """
        if number == 0 and self._start is not None:
            return dict(self._start)
        self._show(number, outcomes)
        earlier = [dict(taken[other]) for other in range(number)]
        point: dict[str, Any] = {}
        for draw in range(_MOST_DRAWS):
            point = self._draw(number, draw)
            if point not in earlier:
                break
        return point

    def _show(self, number: int, outcomes: Mapping[int, Outcome]) -> None:
        for other in range(self._shown, len(self.sees(number))):
            self._study.add_trial(finished_trial(outcomes[other], self._spaces))
        self._shown = max(self._shown, len(self.sees(number)))

    def _draw(self, number: int, draw: int) -> dict[str, Any]:
        seed = derive_seed(*self._seed_parts, number, draw) % 2**32
        sampler = self._build(seed)
        trial = FrozenTrial(
            number=number,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=_EPOCH,
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=-1,
        )
        # A study object remembers the trials that it read first; a new one reads them all.
        study = optuna.load_study(study_name=self._study.study_name, storage=self._storage)
        joint = sampler.sample_relative(study, trial, self._spaces)
        return {
            name: joint[name]
            if name in joint
            else sampler.sample_independent(study, trial, name, space)
            for name, space in self._spaces.items()
        }

    def _build(self, seed: int) -> BaseSampler:
        if self._sampler == "random":
            return RandomSampler(seed=seed)
        with _quiet():
            # Running trials are invisible by design, so there is nothing to lie about.
            return TPESampler(seed=seed, multivariate=True, constant_liar=False)


def finished_trial(
    outcome: Outcome,
    spaces: Mapping[str, BaseDistribution],
    user_attrs: Mapping[str, Any] | None = None,
) -> FrozenTrial:
    """Return an outcome as Optuna keeps it: a pruned trial as pruned, never as complete."""
    state = _STATES[outcome.status]
    return optuna.trial.create_trial(
        state=state,
        value=outcome.value if state != TrialState.FAIL else None,
        params=dict(outcome.params),
        distributions={name: spaces[name] for name in outcome.params},
        intermediate_values=dict(outcome.intermediate),
        user_attrs=dict(user_attrs or {}),
    )


def _within(start: Mapping[str, Any], spaces: Mapping[str, BaseDistribution]) -> bool:
    for name, space in spaces.items():
        value = start[name]
        if isinstance(space, FloatDistribution) and not isinstance(value, int | float):
            return False
        try:
            if not space._contains(space.to_internal_repr(value)):
                return False
        except (ValueError, TypeError):
            return False
    return True


class _quiet:  # noqa: N801 - reads as a statement
    """Keeps Optuna's experimental warnings and log lines off the terminal."""

    def __enter__(self) -> None:
        import warnings

        self._catch = warnings.catch_warnings()
        self._catch.__enter__()
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.logging.set_verbosity(optuna.logging.WARNING)

    def __exit__(self, *exc: object) -> None:
        self._catch.__exit__(None, None, None)
