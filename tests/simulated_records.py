"""Records of trials that nobody trained, for tests of what is decided by results alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord


def simulated_record(
    fingerprint: str,
    metrics: Mapping[str, float],
    status: Ending = Ending.COMPLETED,
    step: int = 10,
    **provenance: Any,
) -> TrialRecord:
    """Return a record with these metrics; whatever else a trial records is empty."""
    return TrialRecord(
        fingerprint=fingerprint,
        status=status,
        config={},
        step=step,
        metrics=dict(metrics),
        data_hash="",
        code_version="",
        provenance=provenance,
    )
