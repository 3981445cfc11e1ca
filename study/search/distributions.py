"""A study file's ranges in Optuna's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from incay.study.spec.searches.ranges import Choices, Range

DIRECTIONS: Mapping[str, str] = {"min": "minimize", "max": "maximize"}
"""A study file's directions."""


def distribution(searched: Range) -> BaseDistribution:
    """Return the range as Optuna has it."""
    if isinstance(searched, Choices):
        return CategoricalDistribution(searched.values)
    if searched.whole:
        return IntDistribution(int(searched.low), int(searched.high), log=searched.log)
    return FloatDistribution(searched.low, searched.high, log=searched.log)


def single_value(searched: BaseDistribution) -> Any:
    """Return the value of a range that has no other."""
    if isinstance(searched, CategoricalDistribution):
        return searched.choices[0]
    assert isinstance(searched, FloatDistribution | IntDistribution)
    return searched.low


def suggest(trial: optuna.Trial, name: str, searched: Range) -> Any:
    """Let Optuna choose a setting's value in its range."""
    if isinstance(searched, Choices):
        return trial.suggest_categorical(name, searched.values)
    if searched.whole:
        return trial.suggest_int(name, int(searched.low), int(searched.high), log=searched.log)
    return trial.suggest_float(name, searched.low, searched.high, log=searched.log)
