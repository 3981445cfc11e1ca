"""What a plan has estimated, remembered on this machine, so that the run can own up to it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from incay.study.caches import cache_folder


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
    """Keep the estimate for a study's run; a folder that cannot be written is done without."""
    path = _path(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(estimate)), encoding="utf-8")
    except OSError:
        return


def recall(run: str) -> Estimate | None:
    """Return what the last plan on this machine has estimated, None if there was none."""
    try:
        return Estimate(**json.loads(_path(run).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _path(run: str) -> Path:
    return cache_folder("estimates") / f"{run}.json"
