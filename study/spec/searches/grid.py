"""All points of a search over lists and whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from incay.study.spec.searches.conditions import in_order
from incay.study.spec.searches.ranges import Choices, Space

MOST_POINTS = 100_000
"""Of a grid search: more would not be a grid that anybody trains."""


def grid_points(spaces: Mapping[str, Space]) -> list[dict[str, Any]]:
    """Return all combinations of lists and whole-number ranges, each once.

    Raises:
        ValueError: A range of real numbers has no end of points, or there are too many.
    """
    for name, space in spaces.items():
        _check_axis(name, space)
    points = list(islice(_points(spaces, in_order(spaces), {}), MOST_POINTS + 1))
    if len(points) > MOST_POINTS:
        raise ValueError(
            f"a grid must have at most {MOST_POINTS:,} points, but all combinations are more; "
            "another sampler needs no list of them"
        )
    return points


def grid_size(spaces: Mapping[str, Space]) -> int | None:
    """Return how many points there are, None where there is no end of them, or too many."""
    try:
        return len(grid_points(spaces))
    except ValueError:
        return None


def grid_trials(spaces: Mapping[str, Space], budget: int) -> int:
    """Return how many trials a grid search within a budget has."""
    size = grid_size(spaces)
    return budget if size is None else min(budget, size)


def _check_axis(name: str, space: Space) -> None:
    if isinstance(space.range, Choices):
        return
    if not space.range.whole:
        raise ValueError(f"a grid must have lists or whole-number ranges, but {name} has none")
    count = int(space.range.high) - int(space.range.low) + 1
    if count > MOST_POINTS:
        raise ValueError(
            f"a grid must have at most {MOST_POINTS:,} points, but {name} alone has {count:,}; "
            "another sampler needs no list of them"
        )


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
    searched = space.range
    values = (
        searched.values
        if isinstance(searched, Choices)
        else range(int(searched.low), int(searched.high) + 1)
    )
    for value in values:
        yield from _points(spaces, rest, {**chosen, first: value})
