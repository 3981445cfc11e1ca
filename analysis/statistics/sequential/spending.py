"""How much of α a study may have spent when it has seen a share of its seeds.

As in the field's programs (gsDesign, rpact), each side of a two-sided test spends its own α / 2.

Lan, K. K. G., & DeMets, D. L. (1983). Discrete sequential boundaries for clinical trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()


def _obrien_fleming(alpha: float, share: float) -> float:
    """Return 2 - 2 Φ(z / √share) for each side, Φ(z) = 1 - α / 4: next to nothing early."""
    critical = -_STANDARD_NORMAL.inv_cdf(alpha / 4.0)
    return 2.0 * math.erfc(critical / math.sqrt(2.0 * share))


def _pocock(alpha: float, share: float) -> float:
    """Return α ln(1 + (e - 1) share): about as much at every look."""
    return alpha * math.log1p((math.e - 1.0) * share)


_FUNCTIONS: Mapping[str, Callable[[float, float], float]] = {
    "obrien-fleming": _obrien_fleming,
    "pocock": _pocock,
}
SPENDINGS = tuple(_FUNCTIONS)
"""The names of the spending functions."""


def spent(spending: str, alpha: float, share: float) -> float:
    """Return the part of α that may be spent once a share of the information is there.

    Args:
        spending: ``obrien-fleming`` or ``pocock``.
        alpha: Two-sided level, between 0 and 1.
        share: Seeds now over seeds at most; 0 spends nothing, 1 and more spend all of α.

    Raises:
        ValueError: There is no such function, or α is no level.
    """
    if spending not in _FUNCTIONS:
        raise ValueError(f"spending must be {' or '.join(SPENDINGS)}, but got {spending!r}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"a level must lie between 0 and 1, but got {alpha}")
    if share <= 0.0:
        return 0.0
    return alpha if share >= 1.0 else min(alpha, _FUNCTIONS[spending](alpha, share))
