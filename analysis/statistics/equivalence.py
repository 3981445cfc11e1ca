"""Does a measured mean reproduce a published number, within a declared tolerance?

Two one-sided tests (TOST): the mean reproduces the number where its 90% interval lies within
the number ± tolerance, so that the claim is wrong in at most 5% of cases; it differs where
that interval lies wholly outside; else nothing is decided. The published number itself counts
as exact, because the papers give no spread.

Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power
approach for assessing the equivalence of average bioavailability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from incay.analysis.content import Verdict
from incay.analysis.statistics.rounding import is_rounding, largest
from incay.analysis.statistics.sign_flip import sign_flip_p
from incay.analysis.statistics.summary import summarize, t_quantile

_CONFIDENCE = 0.90
_LEVEL = 0.05
"""Of each of the two one-sided tests: what the interval leaves on either side."""


def equivalence(values: Sequence[float], published: float, tolerance: float) -> Verdict:
    """Return whether the mean of values that are one per seed reproduces a published number.

    Equal values show no spread, and two of them no more than one: an error rate moves in steps of
    one image, so that equal numbers are chance. As in `paired_test`, the exact sign-flip test then
    takes the place of the interval. It is one-sided, p = 1 / 2^n, of the values' differences to
    the nearest end of the tolerance: were the true mean there, each would as likely lie on the
    other side of it. Fewer than five equal values therefore decide nothing.

    Args:
        values: At least one; a single one decides nothing.
        published: The number to compare with.
        tolerance: How far a mean may lie from it and still reproduce it; above 0.
    """
    summary = summarize(values)
    if summary.deviation is None:
        return "undecided"
    distance = abs(summary.mean - published)
    if not summary.spreads:
        at_the_end = is_rounding(distance - tolerance, largest(*values, published, tolerance))
        if at_the_end or sign_flip_p(summary.n, sides=1) >= _LEVEL:
            return "undecided"
        return "reproduced" if distance < tolerance else "different"
    half = t_quantile(summary.n - 1, _CONFIDENCE) * summary.deviation / math.sqrt(summary.n)
    if distance + half <= tolerance:
        return "reproduced"
    if distance - half > tolerance:
        return "different"
    return "undecided"
