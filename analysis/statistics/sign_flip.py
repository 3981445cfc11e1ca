"""The exact test of differences that are all the same number.

With few seeds this happens, because an error rate moves in steps of one image. Equal numbers show
no spread: the t statistic is infinite, and its p-value of 0 and interval of no width are lies. What
can be said without a spread is how likely n differences of unknown sign have the same one.

Fisher, R. A. (1935). The Design of Experiments, section 21.
"""

from __future__ import annotations


def sign_flip_p(n: int, *, sides: int = 2) -> float:
    """Return the p-value of n equal differences that are not 0.

    Args:
        n: How many.
        sides: 2 where either sign would be a finding, 1 where only the one that was seen would.
    """
    return min(1.0, sides / 2.0**n)
