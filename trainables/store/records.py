"""What is recorded of a trial: the schema that every room shares. No PyTorch here.

A record is JSON; its per-report history and per-sample evaluation lie beside it as Parquet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from incay.trainables.errors import UserError
from incay.trainables.store.endings import Ending

SCHEMA_VERSION = 1

SKIPPED = "skipped_images"
"""In a record's provenance: how many damaged images of each split were left out, if any were."""


class RecordError(UserError):
    """A record that is damaged, or of a newer schema than this program reads."""


class NewerRecordError(RecordError):
    """A record of a newer schema: another program's result, which must never be written over."""


def refuse_newer(schema: object, known: int, where: str) -> None:
    """Refuse what a newer program has written.

    Args:
        schema: The schema that a file names.
        known: The newest that this program reads.
        where: Names the file.

    Raises:
        NewerRecordError: The schema is a newer one.
    """
    if isinstance(schema, int | float) and schema > known:
        raise NewerRecordError(
            f"{where} must have schema {known} or older, but has {schema}: it was written by a "
            "newer version of incay, which is needed to go on with these results"
        )


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
        return str(self.provenance["started"])

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
        return json.dumps({**values, "checksum": _checksum(values)}, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> TrialRecord:
        """Return the record that `to_json` wrote.

        Args:
            text: The JSON.
            where: Names the file in errors.

        Raises:
            RecordError: The text is damaged, or a `NewerRecordError`.
        """
        try:
            values = json.loads(text)
            refuse_newer(values["schema"], SCHEMA_VERSION, where)
            checksum = values.pop("checksum")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(f"{where} must be a complete record, but is damaged") from error
        if checksum != _checksum(values):
            raise RecordError(f"{where} must match its checksum, but does not: it was altered")
        try:
            metrics = {
                name: math.nan if value is None else value
                for name, value in values["metrics"].items()
            }
            return cls(**{**values, "metrics": metrics, "status": Ending(values["status"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RecordError(f"{where} must be a complete record, but is not: {error}") from error


def history_table(history: Sequence[Mapping[str, float]]) -> pa.Table:
    """Return reports as a table: one row per report, one float64 column per metric."""
    names = sorted({name for report in history for name in report})
    return pa.table(
        {name: pa.array([report.get(name) for report in history], pa.float64()) for name in names}
    )


def _checksum(values: Mapping[str, Any]) -> str:
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
