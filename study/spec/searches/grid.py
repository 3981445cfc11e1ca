"""All points of a search over lists and whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from incay.study.spec.messages import counted
from incay.study.spec.searches.conditions import in_order
from incay.study.spec.searches.ranges import Choices, Interval, Range, Space

MOST_POINTS = 100_000
"""Of a grid search: more would not be a grid that anybody trains."""


def grid_points(spaces: Mapping[str, Space]) -> list[dict[str, Any]]:
    """Return all combinations of lists and whole-number ranges, each once.

    Raises:
        ValueError: A range of real numbers has no end of points, or there are too many.
    """
    check_points(spaces)
    return list(_points(spaces, in_order(spaces), {}))


def check_points(spaces: Mapping[str, Space]) -> None:
    """Refuse a grid that has no end of points, or too many. They are counted, not made.

    Raises:
        ValueError: As `grid_points`.
    """
    for name, space in spaces.items():
        if isinstance(space.range, Interval) and not space.range.whole:
            raise ValueError(f"a grid must have lists or whole-number ranges, but {name} has none")
    count = _count(spaces)
    if count > MOST_POINTS:
        has = f"{next(iter(spaces))} alone has" if len(spaces) == 1 else "all combinations are"
        depends = any(space.when for space in spaces.values())
        raise ValueError(
            f"a grid must have at most {MOST_POINTS:,} points, but {has} "
            f"{'more than ' if depends else ''}{counted(count)}; another sampler needs no list of "
            "them"
        )


def grid_size(spaces: Mapping[str, Space]) -> int | None:
    """Return how many points there are, None where there is no end of them, or too many."""
    try:
        check_points(spaces)
    except ValueError:
        return None
    return _count(spaces)


def grid_trials(spaces: Mapping[str, Space], budget: int) -> int:
    """Return how many trials a grid search within a budget has."""
    size = grid_size(spaces)
    return budget if size is None else min(budget, size)


def _count(spaces: Mapping[str, Space]) -> int:
    """Return how many points there are, or some number of them above `MOST_POINTS`."""
    key = tuple(
        (name, space.range, tuple(space.when.items())) for name, space in sorted(spaces.items())
    )
    return _counted(key)


@lru_cache(maxsize=64)  # the arms of a study mostly search the same
def _counted(key: tuple[tuple[str, Range, tuple[tuple[str, tuple[Any, ...]], ...]], ...]) -> int:
    spaces = {name: Space(searched, dict(when)) for name, searched, when in key}
    order = in_order(spaces)
    named = {other for space in spaces.values() for other in space.when}
    total = 0

    def count(place: int, chosen: dict[str, Any], points: int) -> None:
        """Count the points that have `chosen` in common: what nothing depends on multiplies."""
        nonlocal total
        if total > MOST_POINTS:
            return
        for number, name in enumerate(order[place:], place):
            space = spaces[name]
            if not space.applies(chosen):
                continue
            if name in named:
                for value in _values(space.range):
                    count(number + 1, {**chosen, name: value}, points)
                return
            points *= _size(space.range)
        total += points

    count(0, {}, 1)
    return total


def _size(searched: Range) -> int:
    if isinstance(searched, Choices):
        return len(searched.values)
    return int(searched.high) - int(searched.low) + 1


def _values(searched: Range) -> Sequence[Any]:
    if isinstance(searched, Choices):
        return searched.values
    return range(int(searched.low), int(searched.high) + 1)


def _points(
    spaces: Mapping[str, Space], names: Sequence[str], chosen: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    if not names:
        yield dict(chosen)
        return
    first, rest = names[0], names[1:]
    space = spaces[first]
    if not space.applies(chosen):
        yield from _points(spaces, rest, chosen)
        return
    for value in _values(space.range):
        yield from _points(spaces, rest, {**chosen, first: value})
