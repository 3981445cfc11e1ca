"""Trials to be trained by hand, under the fingerprint that they have."""

from __future__ import annotations

from incay.trainables.config import TrialConfig
from incay.trainables.fingerprint import fingerprint
from incay.trainables.worker.task import TrialTask


def task_of(config: TrialConfig, data_hash: str = "hash") -> TrialTask:
    """Return the task of a configuration on data of some hash."""
    return TrialTask(fingerprint(config, data_hash), config, data_hash)
