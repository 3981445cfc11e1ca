"""How fast steps of a kind are in each precision, remembered on this machine."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version

from incay.study.caches import keep, kept
from incay.study.hardware import processor
from incay.trainables.networks import NetworkSettings
from incay.trainables.settings import to_dict

_CACHE = "precision"


@dataclass(frozen=True)
class Kind:
    """What the time of a step depends on, beside the machine.

    Attributes:
        network: The network.
        image_shape: (channels, height, width) of its images.
        batch_size: Images of a step.
        threads: CPU threads that a trial has.
    """

    network: NetworkSettings
    image_shape: tuple[int, int, int]
    batch_size: int
    threads: int

    @property
    def key(self) -> str:
        """A hash of it, of the processor and of PyTorch's version."""
        parts = [
            self.network.name,
            to_dict(self.network),
            self.image_shape,
            self.batch_size,
            self.threads,
            processor(),
            version("torch"),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Speeds:
    """Seconds of a training step in each precision."""

    fp32: float
    bf16: float

    @property
    def faster(self) -> str:
        """The precision of the shorter one."""
        return "bf16" if self.bf16 < self.fp32 else "fp32"


def recall(kind: Kind) -> Speeds | None:
    """Return what was measured of such steps on this machine, None if nothing was."""
    found = kept(_CACHE, kind.key, "fp32", "bf16")
    return None if found is None else Speeds(*found)


def remember(kind: Kind, speeds: Speeds) -> None:
    """Keep a measurement."""
    keep(_CACHE, kind.key, asdict(speeds))
