"""The tables that a finished trial leaves beside its record."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from incay.trainables.measures import Records
from incay.trainables.store.measured import measured_tables, sample_columns, temperature
from incay.trainables.training.evaluate import Samples
from incay.trainables.training.trainer import Trainer
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
