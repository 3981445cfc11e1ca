"""Which searched setting is chosen before which, and whether each can be searched at all.

Neither depends on the order in which a study file lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.study.spec.searches.ranges import Choices, Interval, Space


class ConditionError(ValueError):
    """A range that could never be searched.

    Attributes:
        name: The setting's dotted name.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def in_order(spaces: Mapping[str, Space]) -> list[str]:
    """Return the settings in the order in which they are chosen.

    One follows all those that it depends on. Others stand in the reverse order of their names:
    any order would do that does not come from the file.

    Raises:
        ConditionError: Settings wait for each other.
    """
    left, order = sorted(spaces, reverse=True), []
    while left:
        free = next((name for name in left if not _waits_for(spaces[name], left)), None)
        if free is None:
            raise _circle(spaces, left)
        left.remove(free)
        order.append(free)
    return order


def check_conditions(spaces: Mapping[str, Space]) -> None:
    """Refuse ranges whose conditions can never hold.

    Raises:
        ConditionError: A condition names no searched setting, a value that is never chosen, or
            values that exclude each other.
    """
    needs: dict[str, dict[str, list[Any]]] = {}
    for name in in_order(spaces):
        needs[name] = {}
        for other, values in spaces[name].when.items():
            if other not in spaces:
                raise ConditionError(
                    name, f"'when' must name another searched setting, but got {other!r}"
                )
            _check_values(name, other, values, spaces[other])
            for setting, wanted in [(other, list(values)), *needs[other].items()]:
                known = needs[name].get(setting)
                both = wanted if known is None else [each for each in known if each in wanted]
                if not both:
                    raise ConditionError(
                        name,
                        "a range must be searched somewhere, but its conditions exclude each "
                        f"other: {setting} would have to be {_listed(known or [])} and "
                        f"{_listed(wanted)}",
                    )
                needs[name][setting] = both


def _check_values(name: str, other: str, values: tuple[Any, ...], space: Space) -> None:
    if isinstance(space.range, Interval) and not space.range.whole:
        raise ConditionError(
            name,
            f"'when' must name values of a list or whole numbers, but {other} is searched over all "
            f"numbers from {space.range.low:g} to {space.range.high:g}, which never meet "
            f"{_listed(values)}",
        )
    never = [value for value in values if value not in space.range]
    if never or not values:
        raise ConditionError(
            name,
            f"'when' must name values that {other} is searched over ({_shown(space)}), but "
            f"got {_listed(never) or 'none'}",
        )


def _waits_for(space: Space, left: list[str]) -> bool:
    return any(other in left for other in space.when)


def _circle(spaces: Mapping[str, Space], left: list[str]) -> ConditionError:
    """Return the error about the settings that wait for each other."""
    way = [min(left)]
    while True:
        following = min(other for other in spaces[way[-1]].when if other in left)
        if following in way:
            break
        way.append(following)
    circle = way[way.index(following) :]
    if len(circle) == 1:
        return ConditionError(circle[0], "a range must not depend on its own value, but does")
    return ConditionError(
        circle[0],
        "ranges must not wait for each other, but each of these is searched only where the next "
        f"has a certain value: {', '.join([*circle, circle[0]])}",
    )


def _shown(space: Space) -> str:
    if isinstance(space.range, Choices):
        return _listed(space.range.values)
    return f"{space.range.low} .. {space.range.high}"


def _listed(values: tuple[Any, ...] | list[Any]) -> str:
    return ", ".join(map(str, values))
