"""The contract of a measure."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from incay.trainables.measures.records import Records


class Measure:
    """One number of what a trained network says about the images of a split.

    A subclass says what it needs, and computes it. It is computed only of records that have all
    of that, so that `compute` need not ask. Where the number has no meaning, as a share of no
    images has none, it is NaN, and nothing is shown.
    """

    name: ClassVar[str]
    """Its word in metrics' names, ``test.NAME``; set by the registry."""
    title: ClassVar[str]
    """What readers call it."""
    unit: ClassVar[str] = ""
    """Of its values, such as ``%``; empty where they have none."""
    better: ClassVar[Literal["less", "more"] | None] = None
    """Its better direction; None where none is better in itself: then nothing is claimed of it."""
    symbol: ClassVar[str] = ""
    """How it is written in short; empty where its title is short."""
    decimals: ClassVar[int] = 4
    """Digits that are printed after the point."""
    most: ClassVar[float] = math.inf
    """Its largest value."""
    citation: ClassVar[str] = ""
    """Where it comes from: paper, section, equation."""
    needs: ClassVar[tuple[str, ...]]
    """The fields of `Records` that it is computed of."""

    @staticmethod
    def compute(records: Records) -> float:
        """Return the measure.

        Args:
            records: With everything that it needs.
        """
        raise NotImplementedError
