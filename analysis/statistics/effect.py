"""Effect size of a paired comparison: the difference in units of its own spread."""

from __future__ import annotations

from incay.analysis.statistics.paired import PairedTest
from incay.analysis.statistics.rounding import is_rounding


def hedges_g(test: PairedTest) -> float | None:
    """Return the mean difference over the differences' standard deviation, bias-corrected.

    This is Cohen's d_z with Hedges' correction 1 - 3 / (4 (n - 1) - 1), which takes at least
    three pairs; None with fewer, or where there is no spread to measure by.
    """
    if test.deviation is None or is_rounding(test.deviation, test.difference) or test.n < 3:
        return None
    correction = 1.0 - 3.0 / (4.0 * (test.n - 1) - 1.0)
    return correction * test.difference / test.deviation
