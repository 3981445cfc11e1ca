"""Points of a scrambled Sobol sequence: more even than random ones, each a function of n."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

from incay.study.spec.searches.ranges import Choices, Space
from incay.trainables.seeds import derive_seed


def quasi_random_point(
    spaces: Mapping[str, Space], number: int, seed_parts: tuple[int | str, ...]
) -> dict[str, Any]:
    """Return point `number` of the sequence that belongs to the seed parts."""
    from scipy.stats import qmc  # imported here: it costs a second

    sequence = qmc.Sobol(len(spaces), scramble=True, rng=derive_seed(*seed_parts, "sobol") % 2**32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a length that is no power of two loses a little balance
        if number:  # SciPy cannot go forward by nothing
            sequence.fast_forward(number)
        shares = sequence.random(1)[0]
    return {
        name: _at(space, float(share))
        for (name, space), share in zip(spaces.items(), shares, strict=True)
    }


def _at(space: Space, share: float) -> Any:
    """Return the value at a share in [0, 1) of the range."""
    searched = space.range
    if isinstance(searched, Choices):
        return searched.values[int(share * len(searched.values))]
    low, high = float(searched.low), float(searched.high)
    if searched.whole:
        low, high = low - 0.5, high + 0.5
    if searched.log:
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        value = low + share * (high - low)
    return round(value) if searched.whole else value
