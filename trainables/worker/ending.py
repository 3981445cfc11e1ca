"""From what a trial has reached to its record.

A driver writes some too, for trials that could not: no tensors are needed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from incay.trainables import metrics
from incay.trainables.outgoing import encodable, without_secrets
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store
from incay.trainables.worker.provenance import now

_LONGEST_REASON = 20_000
"""Characters of a reason: room for what was raised and where, none for what a component prints."""


def end_trial(
    store: Store,
    fingerprint: str,
    progress: Progress,
    status: Ending,
    reason: str,
    tables: Mapping[str, pa.Table] | None = None,
    step: int | None = None,
) -> TrialRecord:
    """Write the record of a trial that ended, from what it has reached.

    Args:
        store: Where.
        fingerprint: Which.
        progress: What the session kept last.
        status: The ending.
        reason: Why.
        tables: What its evaluation left, by the name of the file without its suffix.
        step: Where it ended, if that is not where its last report was.
    """
    history = progress.history
    last = {
        key: value for key, value in (history[-1] if history else {}).items() if key != metrics.STEP
    }
    seconds = float(progress.seconds)
    on_gpu = progress.provenance.get("device_type") == "cuda"
    record = TrialRecord(
        fingerprint=fingerprint,
        status=status,
        reason=without_secrets(encodable(reason))[:_LONGEST_REASON],
        config=dict(progress.config),
        step=int(progress.step) if step is None else step,
        metrics=last,
        data_hash=progress.data_hash,
        code_version=progress.code_version,
        provenance={
            **progress.provenance,
            "finished": now(),
            "seconds": seconds,
            "gpu_seconds": seconds if on_gpu else 0.0,
        },
    )
    written = store.write_record(record, history, tables)
    if record.is_final:
        store.checkpoints.delete(fingerprint)
    return written
