"""Search spaces in a study file's notation, as Optuna distributions.

* ``log 1e-5 .. 1e-2``: a number, searched on a logarithmic scale
* ``0.1 .. 0.9``: a number
* ``1 .. 4``: a whole number (both ends written without a point)
* ``[none, 1+sqrt2 x mean, 3 x mean]``: one of these
"""

from __future__ import annotations

import re
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

_RANGE = re.compile(r"\s*(?P<log>log\s+)?(?P<low>\S+)\s*\.\.\s*(?P<high>\S+)\s*")


def parse_space(value: Any) -> BaseDistribution:
    """Return the distribution that the notation stands for.

    Raises:
        ValueError: The notation is none of the above, or the range is empty.
    """
    if isinstance(value, list):
        if not value:
            raise ValueError("a list to search must have at least one value, but is empty")
        if len({repr(item) for item in value}) != len(value):
            raise ValueError(f"a list to search must have distinct values, but got {value!r}")
        for item in value:
            if not isinstance(item, str | int | float | bool):
                raise ValueError(f"a value to search must be a number or text, but got {item!r}")
        return CategoricalDistribution(value)
    match = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            "a search range must read 'LOW .. HIGH', 'log LOW .. HIGH' or be a list of values, "
            f"but got {value!r}"
        )
    try:
        low, high = (_number(match[end]) for end in ("low", "high"))
    except ValueError:
        raise ValueError(f"the ends of a search range must be numbers, but got {value!r}") from None
    if not low < high:
        raise ValueError(f"a search range must have LOW < HIGH, but got {value!r}: it is empty")
    log = match["log"] is not None
    if log and low <= 0:
        raise ValueError(f"a logarithmic range must have LOW > 0, but got {value!r}")
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(float(low), float(high), log=log)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
