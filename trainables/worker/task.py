"""What a worker is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from incay.trainables.config import TrialConfig


@dataclass(frozen=True)
class TrialTask:
    """What a worker needs to know to train one trial."""

    fingerprint: str
    config: TrialConfig
    data_hash: str
    keep_model: bool = False
