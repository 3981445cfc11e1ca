"""The first point of a search: the settings that the study itself gives an arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.study.spec.searches.conditions import in_order
from incay.study.spec.searches.ranges import Space


def start_point(spaces: Mapping[str, Space], start: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arm's own settings as a point, None if one of them is outside its range."""
    point: dict[str, Any] = {}
    for name in in_order(spaces):
        if spaces[name].applies(point):
            if name not in start or start[name] not in spaces[name].range:
                return None
            point[name] = start[name]
    return point


def outside(spaces: Mapping[str, Space], start: Mapping[str, Any]) -> list[str]:
    """Return the settings whose value in the study lies outside of the range searched."""
    point: dict[str, Any] = {}
    found = []
    for name in in_order(spaces):
        if not spaces[name].applies(point):
            continue
        if name in start and start[name] in spaces[name].range:
            point[name] = start[name]
        else:
            found.append(name)
    return found
