"""Simulated paths of a mean and a sum of squares under "no difference", look by look.

The points are a shifted Korobov lattice, made so that more looks only add coordinates: the path
up to a look is the same whatever looks follow. They resolve the boundaries made of them about
five times as well as as many random numbers, to 0.1 % of a nominal p.

Korobov, N. M. (1959). The approximate computation of multiple integrals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_POINTS = 8191  # a prime, so that every power of the multiplier is a whole permutation
_MULTIPLIER = 4845  # the least P_2 in 20 dimensions, weights 0.3 / j, of 1,500 drawn
_SHIFT_SEED = 21


@dataclass(frozen=True)
class Path:
    """Standard normal values at one look, of every simulated study.

    Attributes:
        mean: Mean of the values so far, by study.
        squares: Sum of their squared deviations from that mean, by study.
    """

    mean: Array
    squares: Array


@lru_cache(maxsize=128)
def path_at(looks: tuple[int, ...]) -> Path:
    """Return the simulated studies at the last of some looks.

    A batch of m values between two looks is its mean, N(0, 1 / m), and the squares within it,
    χ² with m - 1 degrees of freedom, which are independent.

    Args:
        looks: Counts of values at each look, increasing.
    """
    from scipy.special import gammaincinv, ndtri

    before = path_at(looks[:-1]) if len(looks) > 1 else Path(np.zeros(_POINTS), np.zeros(_POINTS))
    last, n = looks[-2] if len(looks) > 1 else 0, looks[-1]
    batch = n - last
    coordinate = 2 * (len(looks) - 1)
    shift = ndtri(_uniform(coordinate)) / math.sqrt(batch) - before.mean
    squares = before.squares + shift**2 * (last * batch / n)
    if batch > 1:
        squares = squares + 2.0 * gammaincinv((batch - 1) / 2.0, _uniform(coordinate + 1))
    return Path(before.mean + shift * (batch / n), squares)


def _uniform(coordinate: int) -> Array:
    """Return one coordinate of all points, between 0 and 1."""
    step = pow(_MULTIPLIER, coordinate, _POINTS)
    shift = np.random.default_rng([_SHIFT_SEED, coordinate]).random()
    wrapped: Array = (np.arange(_POINTS) * step % _POINTS / _POINTS + shift) % 1.0
    # Folded at the middle, so that it has no jump, which a lattice integrates badly.
    folded = 1.0 - np.abs(2.0 * wrapped - 1.0)
    return np.clip(folded, 1e-12, 1.0 - 1e-12)
