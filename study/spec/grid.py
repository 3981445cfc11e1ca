"""All points of a grid search."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from incay.study.spec.ranges import Choices, Space


def grid_points(spaces: Mapping[str, Space]) -> list[dict[str, Any]]:
    """Return all combinations of lists and whole-number ranges, each once.

    Raises:
        ValueError: A range of real numbers has no end of points.
    """
    axes: dict[str, list[Any]] = {}
    for name, space in spaces.items():
        if isinstance(space.range, Choices):
            axes[name] = list(space.range.values)
        elif space.range.whole:
            axes[name] = list(range(int(space.range.low), int(space.range.high) + 1))
        else:
            raise ValueError(f"a grid must have lists or whole-number ranges, but {name} has none")
    points: list[dict[str, Any]] = []
    for values in itertools.product(*axes.values()):
        point: dict[str, Any] = {}
        for name, value in zip(axes, values, strict=True):
            if spaces[name].applies(point):
                point[name] = value
        if point not in points:
            points.append(point)
    return points


def grid_trials(spaces: Mapping[str, Space], budget: int) -> int:
    """Return how many trials a grid search within a budget has."""
    return min(budget, len(grid_points(spaces)))
