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

from incay.analysis.output.table import Verdict
from incay.analysis.statistics.summary import summarize, t_quantile

_CONFIDENCE = 0.90


def equivalence(values: Sequence[float], published: float, tolerance: float) -> Verdict:
    """Return whether the mean of values that are one per seed reproduces a published number.

    Args:
        values: At least one; a single one decides nothing.
        published: The number to compare with.
        tolerance: How far a mean may lie from it and still reproduce it; above 0.
    """
    summary = summarize(values)
    if summary.deviation is None:
        return "undecided"
    half = t_quantile(summary.n - 1, _CONFIDENCE) * summary.deviation / math.sqrt(summary.n)
    distance = abs(summary.mean - published)
    if distance + half <= tolerance:
        return "reproduced"
    if distance - half > tolerance:
        return "different"
    return "undecided"
