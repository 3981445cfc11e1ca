"""The norm threshold τ above which a sample contributes nothing.

Notation in a study file:

* ``none``: no threshold;
* a number: a fixed norm, e.g. ``483``;
* ``FACTOR x mean``: a multiple of the running mean of ‖f‖ over training batches;
* ``FACTOR x arm:NAME``: a multiple of the mean ‖f‖ that another arm of the study ended with.
  The study replaces it by a number before training (`arm_reference`).

FACTOR is a number or ``1+sqrt2``: paper A's bounds (after Property 3) are ``1+sqrt2 x mean``
(when K < 2D) and ``3 x mean``, or the same of the baseline's norm, ``1+sqrt2 x arm:Softmax``.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

_MULTIPLE = re.compile(
    r"\s*(?P<factor>1\s*\+\s*sqrt2|[0-9.eE+-]+)\s*x\s+(?:mean|arm:\s*(?P<arm>\S(?:.*\S)?))\s*"
)


class Threshold(NamedTuple):
    """A parsed threshold: at most one of the two is set."""

    norm: float | None = None
    """A fixed norm."""
    multiple: float | None = None
    """A multiple of the running mean norm."""


class ArmReference(NamedTuple):
    """A threshold that is a multiple of another arm's norm."""

    factor: float
    arm: str


def parse_threshold(value: float | str) -> Threshold:
    """Return the threshold that a study file's notation stands for.

    Raises:
        ValueError: The notation is none of the above, a number in it is not above 0, or it
            still refers to another arm.
    """
    if isinstance(value, str):
        if value == "none":
            return Threshold()
        reference = arm_reference(value)
        if reference is not None:
            raise ValueError(
                f"threshold must be a number once training starts, but got {value!r}: the study "
                f"must put in {reference.factor:.6g} times the mean norm of arm {reference.arm!r}"
            )
        match = _MULTIPLE.fullmatch(value)
        factor = _factor(match["factor"]) if match else None
        if factor is not None:
            return Threshold(multiple=factor)
    elif not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return Threshold(norm=float(value))
    raise ValueError(
        "threshold must be none, a norm > 0, 'FACTOR x mean' or 'FACTOR x arm:NAME' with FACTOR "
        f"a number > 0 or 1+sqrt2 (e.g. '3 x mean'), but got {value!r}"
    )


def arm_reference(value: float | str) -> ArmReference | None:
    """Return (factor, arm) of a threshold in terms of another arm, None for any other value.

    For the study: it trains that arm first and puts factor times its mean norm in the place.
    """
    match = _MULTIPLE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match["arm"] is None:
        return None
    factor = _factor(match["factor"])
    return None if factor is None else ArmReference(factor, match["arm"])


def _factor(text: str) -> float | None:
    if text.replace(" ", "") == "1+sqrt2":
        return 1.0 + math.sqrt(2.0)
    try:
        factor = float(text)
    except ValueError:
        return None
    return factor if math.isfinite(factor) and factor > 0 else None
