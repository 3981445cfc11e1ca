"""The norm threshold τ above which a sample contributes nothing.

Notation in a study file:

* ``none``: no threshold;
* a number: a fixed norm, e.g. ``483``;
* ``FACTOR x mean``: a multiple of the running mean of ‖f‖ over training batches, where
  FACTOR is a number or ``1+sqrt2``: paper A's bounds (after Property 3) are
  ``1+sqrt2 x mean`` (when K < 2D) and ``3 x mean``.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_MULTIPLE = re.compile(r"\s*(?P<factor>1\s*\+\s*sqrt2|[0-9.eE+-]+)\s*x\s+mean\s*")


class Threshold(NamedTuple):
    """A parsed threshold: at most one of the two is set."""

    norm: float | None = None
    """A fixed norm."""
    multiple: float | None = None
    """A multiple of the running mean norm."""


def parse_threshold(value: float | str) -> Threshold:
    """Return the threshold that a study file's notation stands for.

    Raises:
        ValueError: The notation is none of the above, or a number in it is not above 0.
    """
    if isinstance(value, str):
        if value == "none":
            return Threshold()
        match = _MULTIPLE.fullmatch(value)
        factor = _factor(match["factor"]) if match else None
        if factor is not None:
            return Threshold(multiple=factor)
    elif not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return Threshold(norm=float(value))
    raise ValueError(
        "threshold must be none, a norm > 0 or 'FACTOR x mean' with FACTOR a number > 0 or "
        f"1+sqrt2 (e.g. '3 x mean'), but got {value!r}"
    )


def _factor(text: str) -> float | None:
    if text.replace(" ", "") == "1+sqrt2":
        return 1.0 + math.sqrt(2.0)
    try:
        factor = float(text)
    except ValueError:
        return None
    return factor if math.isfinite(factor) and factor > 0 else None
