"""When is a floating-point number 0? Where it is no more than rounding of what it was made of.

Equal error rates differ by 1e-15 once they are subtracted or averaged. The least real step, one
image of a million, is 1e-4 points: far above what is taken for rounding here.
"""

from __future__ import annotations

RELATIVE = 1e-12
"""Share of a number's size that is rounding: some thousand times the resolution of a float."""


def is_rounding(value: float, size: float) -> bool:
    """Return whether a value is 0 but for rounding.

    Args:
        value: A difference, mean or deviation.
        size: The largest absolute number that it was computed from; 0 where all were 0.
    """
    return abs(value) <= RELATIVE * abs(size)


def without_rounding(value: float, size: float) -> float:
    """Return the value, or exactly 0 where it is nothing but rounding; see `is_rounding`."""
    return 0.0 if is_rounding(value, size) else value


def largest(*values: float) -> float:
    """Return the largest absolute value, 0 of none: the size that rounding is measured by."""
    return max(map(abs, values), default=0.0)
