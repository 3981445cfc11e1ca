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

from incay.study.errors import shown

_LARGEST = 2**63
_MOST_VALUES = 1_000
_RANGE = re.compile(r"\s*(?P<log>log\s+)?(?P<low>\S+)\s*\.\.\s*(?P<high>\S+)\s*")


@dataclass(frozen=True)
class Choices:
    """One of some values.

    Attributes:
        values: The values.
    """

    values: tuple[Any, ...]

    def __contains__(self, value: object) -> bool:
        return value in self.values


@dataclass(frozen=True)
class Interval:
    """A number between two ends, both included.

    Attributes:
        low: The lower end.
        high: The upper end, above it.
        log: Whether it is searched on a logarithmic scale.
        whole: Whether it is a whole number.
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high


Range = Choices | Interval


@dataclass(frozen=True)
class Space:
    """What one setting is searched over.

    Attributes:
        range: Its values.
        when: The values of other searched settings with which this one is searched at all.
    """

    range: Range
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[Any, ...]:
        """The two ends of an interval, or all values of a list."""
        if isinstance(self.range, Choices):
            return self.range.values
        return (self.range.low, self.range.high)

    def applies(self, point: Mapping[str, Any]) -> bool:
        """Return whether the setting is searched, given the settings chosen before it."""
        return all(point.get(name) in values for name, values in self.when.items())


def parse_space(value: Any) -> Space:
    """Return the space that the notation stands for.

    Raises:
        ValueError: The notation is none of the above, or the range is empty.
    """
    if not isinstance(value, dict):
        return Space(_range(value))
    if set(value) != {"range", "when"} or not isinstance(value["when"], dict):
        raise ValueError(
            "a conditional range must read {range: …, when: {setting: value}}, "
            f"but got the keys {', '.join(map(str, value))}"
        )
    when = {
        name: tuple(chosen) if isinstance(chosen, list) else (chosen,)
        for name, chosen in value["when"].items()
    }
    return Space(_range(value["range"]), when)


def _range(value: Any) -> Range:
    if isinstance(value, list):
        return _choices(value)
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            "a search range must read 'LOW .. HIGH', 'log LOW .. HIGH' or be a list of values, "
            f"but got {shown(value)}"
        )
    try:
        low, high = (_number(match[end]) for end in ("low", "high"))
    except ValueError:
        raise ValueError(
            f"the ends of a search range must be numbers, but got {shown(value)}"
        ) from None
    if not all(abs(end) < _LARGEST for end in (low, high)):
        raise ValueError(
            f"the ends of a search range must be less than 2^63 (9.2e18), but got {shown(value)}"
        )
    if not low < high:
        raise ValueError(
            f"a search range must have LOW < HIGH, but got {shown(value)}: it is empty"
        )
    log = match["log"] is not None
    if log and low <= 0:
        raise ValueError(f"a logarithmic range must have LOW > 0, but got {shown(value)}")
    if isinstance(low, int) and isinstance(high, int):
        return Interval(low, high, log, whole=True)
    return Interval(float(low), float(high), log)


def _choices(values: list[Any]) -> Choices:
    if not values:
        raise ValueError("a list to search must have at least one value, but is empty")
    if len(values) > _MOST_VALUES:
        raise ValueError(
            f"a list to search must have at most {_MOST_VALUES:,} values, but has {len(values):,}"
        )
    for item in values:
        if not isinstance(item, str | int | float | bool):
            raise ValueError(f"a value to search must be a number or text, but got {shown(item)}")
    # 3 and 3.0 are one value; true is no 1.
    if len({(isinstance(item, bool), item) for item in values}) != len(values):
        raise ValueError(f"a list to search must have distinct values, but got {shown(values)}")
    return Choices(tuple(values))


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
