"""What a plan has estimated, remembered on this machine, so that the run can own up to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from incay.study.caches import keep, kept


@dataclass(frozen=True)
class Estimate:
    """What all trials of a study would take.

    Attributes:
        seconds: Training time, one trial after another.
        gpu_hours: GPU-hours of that.
    """

    seconds: float
    gpu_hours: float


def remember(run: str, estimate: Estimate) -> None:
    """Keep the estimate for a study's run."""
    keep("estimates", run, asdict(estimate))


def recall(run: str) -> Estimate | None:
    """Return what the last plan on this machine has estimated, None if there was none."""
    found = kept("estimates", run, "seconds", "gpu_hours")
    return None if found is None else Estimate(*found)
