"""How fast trials of a kind train in each precision, remembered on this machine."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from incay.study.caches import cache_folder
from incay.study.hardware import processor
from incay.trainables.config import TrialConfig
from incay.trainables.settings import to_dict


@dataclass(frozen=True)
class Speeds:
    """Seconds of a training step in each precision."""

    fp32: float
    bf16: float

    @property
    def faster(self) -> str:
        """The precision of the shorter one."""
        return "bf16" if self.bf16 < self.fp32 else "fp32"


def recall(config: TrialConfig, threads: int) -> Speeds | None:
    """Return what was measured of such trials on this machine, None if nothing was."""
    try:
        return Speeds(**json.loads(_path(config, threads).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remember(config: TrialConfig, threads: int, speeds: Speeds) -> None:
    """Keep a measurement; a folder that cannot be written is done without."""
    path = _path(config, threads)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(speeds)), encoding="utf-8")


def _path(config: TrialConfig, threads: int) -> Path:
    """Return where a measurement is kept: by all that it depends on."""
    kind = [to_dict(config.network), config.batch_size, threads, processor(), version("torch")]
    name = hashlib.sha256(json.dumps(kind, sort_keys=True).encode()).hexdigest()[:20]
    return cache_folder("precision") / f"{name}.json"
