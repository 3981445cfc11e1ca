"""Holm's correction: the chance of any false claim in a family of tests stays below α."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values in the given order: claim where they are below α.

    Holm, S. (1979). A simple sequentially rejective multiple test procedure.
    """
    count = len(p_values)
    adjusted = [1.0] * count
    largest = 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def holm_levels(p_values: Sequence[float], alpha: float) -> list[float]:
    """Return the level at which each p-value is tested, in the given order.

    The least p-value is tested at α / n, the next at α / (n - 1), and so on while claims can be
    made; all that are left are then tested at one level, and none of them is below it.
    """
    count = len(p_values)
    levels = [alpha] * count
    claimed = 0
    for index in sorted(range(count), key=lambda i: p_values[i]):
        levels[index] = alpha / (count - claimed)
        claimed += p_values[index] < levels[index] and claimed < count - 1
    return levels
