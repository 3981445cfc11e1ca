"""McNemar's exact test: two trained models on the same test images.

It says whether two *models* differ on this population of images. Whether two *methods* differ
is a matter of seeds: see `incay.analysis.statistics.paired`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class McNemar:
    """Two models on the same images.

    Attributes:
        fixed: Images that the first model has wrong and the second right.
        added: Images that the first has right and the second wrong.
        p: Two-sided exact p-value of "both kinds are equally likely".
    """

    fixed: int
    added: int
    p: float


def mcnemar(fixed: int, added: int) -> McNemar:
    """Return the exact test of two counts of discordant images.

    McNemar, Q. (1947). Note on the sampling error of the difference between correlated
    proportions or percentages.
    """
    from scipy.special import bdtr

    discordant = fixed + added
    if discordant == 0:
        return McNemar(fixed, added, 1.0)
    tail = float(bdtr(min(fixed, added), discordant, 0.5))
    return McNemar(fixed, added, min(1.0, 2.0 * tail))
