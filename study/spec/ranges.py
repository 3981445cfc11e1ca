"""Search spaces in a study file's notation.

* ``log 1e-5 .. 1e-2``: a number, searched on a logarithmic scale
* ``0.1 .. 0.9``: a number
* ``1 .. 4``: a whole number (both ends written without a point)
* ``[none, 1+sqrt2 x mean, 3 x mean]``: one of these
* ``{range: log 1e-3 .. 1e3, when: {incay.form: reciprocal}}``: any of these, searched only
  where another searched setting has a certain value, or one of a list of values
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

_RANGE = re.compile(r"\s*(?P<log>log\s+)?(?P<low>\S+)\s*\.\.\s*(?P<high>\S+)\s*")


@dataclass(frozen=True)
class Space:
    """What one setting is searched over.

    Attributes:
        distribution: The range, as Optuna has it.
        when: The values of other searched settings with which this one is searched at all.
    """

    distribution: BaseDistribution
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[Any, ...]:
        """The two ends of a range, or all values of a list."""
        space = self.distribution
        if isinstance(space, CategoricalDistribution):
            return tuple(space.choices)
        assert isinstance(space, FloatDistribution | IntDistribution)
        return (space.low, space.high)

    def applies(self, point: Mapping[str, Any]) -> bool:
        """Return whether the setting is searched, given the settings chosen before it."""
        return all(point.get(name) in values for name, values in self.when.items())


def parse_space(value: Any) -> Space:
    """Return the space that the notation stands for.

    Raises:
        ValueError: The notation is none of the above, or the range is empty.
    """
    if not isinstance(value, dict):
        return Space(_distribution(value))
    if set(value) != {"range", "when"} or not isinstance(value["when"], dict):
        raise ValueError(
            "a conditional range must read {range: …, when: {setting: value}}, "
            f"but got the keys {', '.join(map(str, value))}"
        )
    when = {
        name: tuple(chosen) if isinstance(chosen, list) else (chosen,)
        for name, chosen in value["when"].items()
    }
    return Space(_distribution(value["range"]), when)


def _distribution(value: Any) -> BaseDistribution:
    if isinstance(value, list):
        return _choices(value)
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            "a search range must read 'LOW .. HIGH', 'log LOW .. HIGH' or be a list of values, "
            f"but got {value!r}"
        )
    try:
        low, high = (_number(match[end]) for end in ("low", "high"))
    except ValueError:
        raise ValueError(f"the ends of a search range must be numbers, but got {value!r}") from None
    if not low < high:
        raise ValueError(f"a search range must have LOW < HIGH, but got {value!r}: it is empty")
    log = match["log"] is not None
    if log and low <= 0:
        raise ValueError(f"a logarithmic range must have LOW > 0, but got {value!r}")
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(float(low), float(high), log=log)


def _choices(values: list[Any]) -> CategoricalDistribution:
    if not values:
        raise ValueError("a list to search must have at least one value, but is empty")
    if len({repr(item) for item in values}) != len(values):
        raise ValueError(f"a list to search must have distinct values, but got {values!r}")
    for item in values:
        if not isinstance(item, str | int | float | bool):
            raise ValueError(f"a value to search must be a number or text, but got {item!r}")
    return CategoricalDistribution(values)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
