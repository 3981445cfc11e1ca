"""How far two trainings of a trial may be apart whose sums are rounded differently.

Rounding grows from step to step, until two runs of one trial are two networks of the same quality
and not the same network. So nothing can be said of single images or reports. What is measured of n
images may differ by no more than chance makes of two such networks: by the standard error of a
difference of two means over n images each. Networks that began and were fed alike err on many of
the same images, so that their difference is usually smaller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from incay.study.retraining.bits import Outcome
from incay.trainables.metrics import ERROR, LOSS, NORM, TEST, VALIDATION

STANDARD_ERRORS = 3.0
"""So far apart are two networks of one quality once in some four hundred times."""


@dataclass(frozen=True)
class Measure:
    """What is held against the record where bits must differ.

    Attributes:
        name: The metric.
        then: Recorded.
        again: Here.
        allowed: How far they may be apart.
    """

    name: str
    then: float
    again: float
    allowed: float

    @property
    def within(self) -> bool:
        """Whether they are no further apart."""
        return abs(self.then - self.again) <= self.allowed

    def __str__(self) -> str:
        return (
            f"{self.name} is {self.then:.4g} in the record, {self.again:.4g} here, and may be "
            f"{self.allowed:.2g} apart"
        )


def measures(then: Outcome, again: Outcome, images: Mapping[str, int]) -> list[Measure]:
    """Return what can be compared of a trial's last report, and how far it may be apart.

    Args:
        then: What is recorded.
        again: What it came to here.
        images: How many images, or pairs of a test by pairs, each split has.
    """
    found = []
    for split in (VALIDATION, TEST):
        allowed = {ERROR.of(split): _error(then, again, split, images.get(split, 0))}
        samples = again.tables.get("samples")
        if samples is not None and (samples.schema.metadata or {}).get(b"split") == split.encode():
            allowed[LOSS.of(split)] = _mean(samples["loss"])
            allowed[NORM.of(split)] = _mean(samples["norm"])
        found += [
            Measure(name, then.metrics[name], again.metrics[name], most)
            for name, most in allowed.items()
            if name in then.metrics and name in again.metrics and most > 0.0
        ]
    return found


def _error(then: Outcome, again: Outcome, split: str, count: int) -> float:
    """Return how far errors (%) may be apart, one image more or less aside."""
    name = ERROR.of(split)
    if not count or name not in then.metrics or name not in again.metrics:
        return 0.0
    # Of the training here: a record that is made up must not widen what it may be.
    share = min(max(again.metrics[name] / 100.0, 0.0), 1.0)
    return 100.0 * (_standard_errors(share * (1.0 - share), count) + 1.0 / count)


def _mean(values: pa.ChunkedArray) -> float:
    numbers = values.to_numpy()
    return _standard_errors(float(numbers.var()), len(numbers))


def _standard_errors(variance: float, count: int) -> float:
    return STANDARD_ERRORS * math.sqrt(2.0 * variance / count)
