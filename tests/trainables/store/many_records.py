"""Many records, of which no two are alike, and what a store says of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from incay.trainables.config import TrialConfig
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

WHOLE = TrialConfig().to_dict()
OLD = {
    name: value
    for name, value in WHOLE.items()
    if name not in ("average", "measure", "early_stopping")
}
"""A configuration of before some settings were added."""


def made(number: int, **changes: Any) -> TrialRecord:
    """Return one of many records, of which no two are alike."""
    config: dict[str, Any] = json.loads(json.dumps(OLD if number % 3 == 0 else WHOLE))
    config["seed"] = number
    if number % 2:
        config["incay"] |= {"form": "log", "weight": 0.1 * number}
    metrics = {"val.error": 1.0 / (number + 1), "val.norm": math.nan if number % 4 else 2.0}
    provenance: dict[str, Any] = {"host": f"host {number % 2}", "seconds": 0.5 * number}
    if number % 5 == 0:
        metrics["test.error"] = float(number)
        provenance |= {"attempts": [{"host": "é", "from_step": number}], "threads": 2}
    values: dict[str, Any] = {
        "fingerprint": fingerprint_of(config, "d", "c"),
        "status": (Ending.COMPLETED, Ending.PRUNED, Ending.DIVERGED)[number % 3],
        "reason": "so it was" if number % 3 else "",
        "config": config,
        "step": number,
        "metrics": metrics,
        "data_hash": "d",
        "code_version": "c",
        "provenance": provenance,
    }
    return TrialRecord(**{**values, **changes})


def written(store: Store, count: int = 12) -> list[str]:
    """Write some records; return their fingerprints."""
    records = [made(number) for number in range(count)]
    for record in records:
        store.write_record(record, [{"step": float(record.step)}])
    return [record.fingerprint for record in records]


def folder(store: Store, fingerprint: str) -> Path:
    assert store.local_root is not None
    return store.local_root / "trials" / fingerprint[:2] / fingerprint


def single(store: Store, fingerprint: str) -> Path:
    return folder(store, fingerprint) / "record.json"


def packs(store: Store) -> list[Path]:
    assert store.local_root is not None
    return sorted((store.local_root / "packs").glob("*.parquet"))


def said(store: Store, names: list[str]) -> list[str | None]:
    """Return what a store, newly opened, says of trials: as JSON, in which NaN equals NaN."""
    found = Store(store.root).find_records(names)
    return [
        each.to_json() if isinstance(each, TrialRecord) else (each and f"problem: {each}")
        for each in found
    ]


def no_text(rows: int) -> pa.Array:
    """Return texts that are no UTF-8."""
    places = pa.array(range(0, 2 * rows + 1, 2), pa.int32()).buffers()[1]
    return pa.StringArray.from_buffers(rows, places, pa.py_buffer(b"\xff\xfe" * rows))
