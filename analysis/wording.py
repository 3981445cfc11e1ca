"""How values, numbers of things and times are put into words, on every output the same.

It imports nothing of this project, so that any room may use it.
"""

from __future__ import annotations

import math
from typing import Any


def setting(value: Any) -> str:
    """Return a setting as a reader would write it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def recorded(value: Any) -> str:
    """Return what a trial recorded, a digit more than a setting; nothing where it has none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def counted(count: int, noun: str) -> str:
    """Return a number of things: ``1 seed``, ``3 seeds``."""
    return f"{count} {noun if count == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return several of a thing: ``seeds``, ``searches``."""
    return f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"


def device_time(hours: float, device: str) -> str:
    """Return a time on a device in the unit that suits it: ``12 GPU-minutes``.

    Args:
        hours: The time in hours.
        device: ``GPU`` or ``CPU``.
    """
    if hours < 1.0 / 60.0:
        return f"less than 1 {device}-minute"
    if hours < 1.0:
        return counted(round(hours * 60.0), f"{device}-minute")
    return f"{hours:.1f} {device}-hours"


def more_seeds(
    count: int | None,
    least: int | None,
    most: int | None,
    hours: float,
    device: str,
    unit: str = "seed",
) -> str:
    """Return how many more seeds, and which time, would decide a comparison.

    Args:
        count: How many, were the effect as measured; None where no reasonable number would.
        least: Were it as large as its interval allows; None likewise.
        most: Were it as small; None likewise.
        hours: What `count` of them take, in hours; 0 where it is not known.
        device: ``GPU`` or ``CPU``.
        unit: What a replicate is: ``seed`` or ``search``.
    """
    if count is None:
        lowest = f" ({least} were it at its largest)" if least is not None else ""
        return f"not within 1,000 {plural(unit)}{lowest}"
    time = f", {device_time(hours, device)}" if hours > 0.0 else ""
    upper = "over 1,000" if most is None else f"{most}"
    between = (
        f" ({least} to {upper})" if least is not None and (least, most) != (count, count) else ""
    )
    return f"about {counted(count, f'more {unit}')}{between}{time}"
