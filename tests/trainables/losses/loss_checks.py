"""What the cases of losses check with: weights, ends of search spaces."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor

from incay.trainables.losses import losses
from incay.trainables.losses.modules.base import Loss


def weight_of(loss: Loss) -> Tensor:
    weight = loss.weight
    assert isinstance(weight, Tensor)
    return weight


def ends(space: str) -> list[Any]:
    """Return the ends of a range, or the values of a list, in a study file's notation."""
    if space.startswith("["):
        return [number(item.strip()) for item in space.strip("[]").split(",")]
    match = re.fullmatch(r"(?:log )?(\S+) \.\. (\S+)", space)
    assert match is not None, f"not a range: {space!r}"
    low, high = number(match[1]), number(match[2])
    assert low < high
    return [low, high]


def number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def registered() -> set[str]:
    return set(losses)
