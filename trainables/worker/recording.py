"""From what a trial has reached to its record, and the tables that lie beside it."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from incay.trainables import metrics
from incay.trainables.measures import Records
from incay.trainables.outgoing import without_secrets
from incay.trainables.store.endings import Ending
from incay.trainables.store.measured import measured_tables, sample_columns, temperature
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import Progress
from incay.trainables.store.trials import Store
from incay.trainables.training.evaluate import Samples
from incay.trainables.training.trainer import Trainer
from incay.trainables.worker.provenance import now
from incay.trainables.worker.weights import weight_histograms

_STORED_DIMENSIONS = 3
"""Features of at most this many dimensions are kept for every sample, for scatter plots."""


def evaluation_tables(
    trainer: Trainer, records: Mapping[str, Records], initial_weights: pa.Table | None
) -> dict[str, pa.Table]:
    """Return what a finished trial leaves beside its record.

    Args:
        trainer: The trial, finished.
        records: What was measured of it, by split.
        initial_weights: Histograms of its weights when it began; None where it is not looked into.
    """
    evaluated, verified = trainer.samples(), trainer.verify()
    tables = measured_tables(records)
    if evaluated is not None:
        split, samples = evaluated
        tables["samples"] = samples_table(split, samples, records.get(split))
    if verified is not None:
        tables |= verified.tables()
    if initial_weights is not None:
        final = weight_histograms(trainer.network, trainer.loss, "final")
        tables["weights"] = pa.concat_tables([initial_weights, final])
    return tables


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
        reason=without_secrets(reason),
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


def samples_table(split: str, samples: Samples, records: Records | None = None) -> pa.Table:
    """Return per-sample evaluation as a table; its metadata names the split.

    Args:
        split: Which.
        samples: Its evaluation.
        records: What was measured of it besides.
    """
    columns = {
        "label": pa.array(samples.label.numpy(), pa.int64()),
        "prediction": pa.array(samples.prediction.numpy(), pa.int64()),
        "loss": pa.array(samples.loss.numpy(), pa.float32()),
        "norm": pa.array(samples.norm.numpy(), pa.float32()),
    }
    if records is not None:
        columns |= sample_columns(records)
    if samples.features.shape[1] <= _STORED_DIMENSIONS:
        for index, column in enumerate(samples.features.T):
            columns[f"feature_{index}"] = pa.array(column.numpy(), pa.float32())
    return pa.table(columns).replace_schema_metadata({"split": split, **temperature(records)})
