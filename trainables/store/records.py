"""What is recorded of a trial: the schema that every room shares. No PyTorch here.

A record is JSON; its per-report history and per-sample evaluation lie beside it as Parquet.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from incay.trainables.store.endings import Ending
from incay.trainables.store.later import completed
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.reading.damage import RecordError, refuse_newer
from incay.trainables.store.reading.door import (
    CHECKSUM,
    parse_object,
    require,
    shaped,
    signed,
    unsigned,
)
from incay.trainables.store.reading.origin import require_origin
from incay.trainables.store.reading.values import require_config

SCHEMA_VERSION = 2
"""1 is without what measures of logits, angles and scatter need; such records are read as ever."""

SKIPPED = "skipped_images"
"""In a record's provenance: how many damaged images of each split were left out, if any were."""


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """How one trial ended.

    Attributes:
        fingerprint: Hash of configuration, data and training code.
        status: The ending.
        reason: Why, unless it completed.
        config: The full trial configuration.
        step: Optimiser steps done.
        metrics: The last report's metrics; a missing norm (no such sample) is NaN.
        data_hash: Content hash of the data set.
        code_version: Version of the training code.
        provenance: Host, device, versions, commit, times, seconds.
        files: SHA-256 of each file beside the record, by name.
    """

    fingerprint: str
    status: Ending
    reason: str = ""
    config: dict[str, Any]
    step: int
    metrics: dict[str, float]
    data_hash: str
    code_version: str
    provenance: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)
    schema: int = SCHEMA_VERSION

    @property
    def is_whole(self) -> bool:
        """Whether the trial was trained to its end."""
        return self.status.is_whole

    @property
    def is_final(self) -> bool:
        """Whether the ending is a result."""
        return self.status.is_final

    @property
    def started(self) -> str:
        """When its training began, ISO 8601."""
        return str(self.provenance.get("started") or "")

    @property
    def finished(self) -> str:
        """When it ended, ISO 8601; empty where that is not known."""
        return str(self.provenance.get("finished") or "")

    @property
    def seconds(self) -> float:
        """How long it was trained."""
        return float(self.provenance.get("seconds", 0.0))

    @property
    def gpu_seconds(self) -> float:
        """How much of that was on a GPU."""
        return float(self.provenance.get("gpu_seconds", 0.0))

    @property
    def discarded(self) -> list[str]:
        """Why checkpoints of it could not be used, so that their work was done again."""
        attempts = self.provenance.get("attempts", ())
        return [attempt["discarded"] for attempt in attempts if "discarded" in attempt]

    def to_json(self) -> str:
        """Return the record as JSON with a checksum of its own content."""
        values = dataclasses.asdict(self)
        values["metrics"] = {
            name: value if math.isfinite(value) else None for name, value in self.metrics.items()
        }
        return json.dumps(signed(values), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: bytes, where: str) -> TrialRecord:
        """Return the record that `to_json` wrote.

        Args:
            text: The JSON.
            where: Names the file in errors.

        Raises:
            RecordError: The text is damaged, is not what its fingerprint says, or a
                `ForeignRecordError`.
        """
        values = parse_object(text, where)
        refuse_newer(values.get("schema"), SCHEMA_VERSION, where)
        if CHECKSUM not in values:
            raise RecordError(f"{where} must be a complete record, but is damaged")
        return cls.from_values(unsigned(values, where), where)

    @classmethod
    def from_values(cls, values: dict[str, Any], where: str) -> TrialRecord:
        """Return the record that plain values say, such as `to_json` writes.

        Raises:
            RecordError: As of `from_json`.
        """
        refuse_newer(values.get("schema"), SCHEMA_VERSION, where)
        if isinstance(metrics := values.get("metrics"), dict):  # JSON has no NaN
            found = {name: math.nan if value is None else value for name, value in metrics.items()}
            values = {**values, "metrics": found}
        record = shaped(cls, values, where)
        require(record.step >= 0, "step >= 0", where)
        require_origin(record.provenance, where)
        require_config(record.config, where)
        require_named(
            record.fingerprint,
            fingerprint_of(record.config, record.data_hash, record.code_version),
            where,
        )
        return dataclasses.replace(record, config=completed(record.config))


def require_named(fingerprint: str, computed: str, where: str) -> None:
    """Refuse a record that is filed under another fingerprint than what it says makes.

    Raises:
        RecordError: It is.
    """
    if fingerprint != computed:
        raise RecordError(
            f"{where} must be of the trial that its settings, data and code make "
            f"({computed}), but says that it is {fingerprint}: it was made up or altered"
        )


def history_table(history: Sequence[Mapping[str, float]]) -> pa.Table:
    """Return reports as a table: one row per report, one float64 column per metric."""
    names = sorted({name for report in history for name in report})
    return pa.table(
        {name: pa.array([report.get(name) for report in history], pa.float64()) for name in names}
    )
