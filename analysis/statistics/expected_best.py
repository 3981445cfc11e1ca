"""The best that a search of n trials finds, in the mean over all orders of the trials it made.

Of N independent trials, each subset of n is as likely to be the first n as any other. The mean of
their best over all subsets is an unbiased estimate; with the values sorted from worst to best it is
sum over i of v_(i) [C(i, n) - C(i - 1, n)] / C(N, n).

Tang, R. et al. (2020). Showing your work doesn't always work. ACL 2020, section 3.
"""

from __future__ import annotations

from collections.abc import Sequence


def expected_best(values: Sequence[float], better: str) -> list[float]:
    """Return the expected best of n trials, for n = 1 to all of them.

    Args:
        values: Of independent trials.
        better: ``min`` or ``max``.
    """
    ranked = sorted(values, reverse=better == "min")
    total = len(ranked)
    expected = []
    for n in range(1, total + 1):
        # That the i-th is the best of n: C(i - 1, n - 1) / C(N, n), from i = N downwards.
        share, mean = n / total, 0.0
        for i in range(total, n - 1, -1):
            mean += share * ranked[i - 1]
            share *= (i - n) / (i - 1) if i > 1 else 0.0
        expected.append(mean)
    return expected
