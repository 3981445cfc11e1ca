"""What a plan has estimated, remembered on this machine, so that the run can own up to it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


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
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "incay" / "estimates" / f"{run}.json"
