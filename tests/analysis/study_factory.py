"""Writes synthetic studies through the real record and store types."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from incay.trainables.store.records import Status, TrialRecord
from incay.trainables.store.trials import Store

BASE_CONFIG: dict[str, Any] = {
    "dataset": {"name": "mnist"},
    "network": {"name": "mnist-2d"},
    "loss": {"name": "softmax"},
    "incay": {"form": "none", "weight": 0.0},
    "optimizer": {"lr": 0.01, "weight_decay": 0.0005},
    "split": {"test": "final"},
    "steps": 10_000,
    "batch_size": 128,
}


class StudyFactory:
    """A study in the making. `write` puts its books into the store and returns the store."""

    def __init__(self, root: Path, name: str = "planted", **document: Any) -> None:
        self.store = Store(root)
        self.name = name
        self.run = document.pop("run", "1a2b3c4d")
        self.document = {
            "schema": 1,
            "question": "Does it help?",
            "table": None,
            "protocol": "sealed",
            "overrides": [],
            "created": "2026-01-31T12:00:00+00:00",
            "factor": ["incay"],
            "objective": {"metric": "val.error", "mode": "min"},
            "budget": None,
            "replicates": 3,
            "diverged_policy": "exclude",
            **document,
        }
        self.arms: dict[str, dict[str, Any]] = {}
        self.trials: list[dict[str, Any]] = []

    def arm(
        self,
        name: str,
        difference: Mapping[str, Any] | None = None,
        search: Mapping[str, str] | None = None,
    ) -> None:
        """Add an arm; `difference` is by dotted name, over `BASE_CONFIG`."""
        difference = dict(difference or {})
        self.arms[name] = {
            "name": name,
            "difference": difference,
            "search": dict(search or {}),
            "config": merged(BASE_CONFIG, difference),
        }

    def trial(
        self,
        arm: str,
        number: int,
        metrics: Mapping[str, float] | None = None,
        *,
        phase: str = "confirm",
        status: Status | None = "completed",
        params: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        history: Sequence[Mapping[str, float]] = (),
        samples: pa.Table | None = None,
        seconds: float = 60.0,
    ) -> str:
        """Add a trial; `status` None leaves it without a record. Return its fingerprint."""
        text = f"{self.name}/{arm}/{phase}/{number}"
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:20]
        row = {"arm": arm, "phase": phase, "number": number, "fingerprint": fingerprint}
        self.trials.append({**row, "params": dict(params or {})})
        if status is not None:
            settings = {**self.arms[arm]["difference"], **(params or {}), **(config or {})}
            record = TrialRecord(
                fingerprint=fingerprint,
                status=status,
                reason="" if status == "completed" else f"planted: {status}",
                config=merged(BASE_CONFIG, settings),
                step=100,
                metrics=dict(metrics or {}),
                data_hash="d" * 16,
                code_version="c" * 16,
                provenance={
                    "host": "planted",
                    "device": "cpu",
                    "seconds": seconds,
                    "gpu_seconds": 0.0,
                    "finished": "2026-01-31T12:00:00.000+00:00",
                    "git_commit": "0" * 40,
                    "versions": {"torch": "2.15.0"},
                },
            )
            tables = {} if samples is None else {"samples": samples}
            self.store.write_record(record, history, tables)
        return fingerprint

    def attach(self, fingerprint: str, name: str, table: pa.Table) -> None:
        """Put a further Parquet file beside a trial's record."""
        record = self.store.read_record(fingerprint)
        assert record is not None
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        content = sink.getvalue().to_pybytes()
        folder = f"trials/{fingerprint[:2]}/{fingerprint}"
        self.store.write(f"{folder}/{name}.parquet", content)
        files = {**record.files, f"{name}.parquet": hashlib.sha256(content).hexdigest()}
        self.store.write(f"{folder}/record.json", replace(record, files=files).to_json().encode())

    def alter(self, fingerprint: str, metric: str, value: float) -> None:
        """Change a stored value as someone would who also repairs the checksum."""
        record = self.store.read_record(fingerprint)
        assert record is not None
        altered = replace(record, metrics={**record.metrics, metric: value})
        path = f"trials/{fingerprint[:2]}/{fingerprint}/record.json"
        self.store.write(path, altered.to_json().encode())

    def replicates(self, arm: str, errors: Sequence[float], norms: Sequence[float] = ()) -> None:
        """Add completed confirm trials with the given test errors."""
        norms = norms or [100.0] * len(errors)
        for number, (error, norm) in enumerate(zip(errors, norms, strict=True)):
            self.trial(arm, number, {"test.error": error, "test.norm": norm, "test.loss": 0.1})

    def write(self) -> Store:
        """Write the study's books."""
        document = {
            **self.document,
            "name": self.name,
            "run": self.run,
            "baseline": self.document.get("baseline") or next(iter(self.arms)),
            "arms": list(self.arms.values()),
        }
        folder = f"studies/{self.name}"
        self.store.write(f"{folder}/latest.json", json.dumps({"run": self.run}).encode())
        self.store.write(f"{folder}/{self.run}/study.json", json.dumps(document).encode())
        books = json.dumps({"trials": self.trials})
        self.store.write(f"{folder}/{self.run}/trials.json", books.encode())
        return self.store


def merged(config: Mapping[str, Any], difference: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested configuration with dotted settings laid over it."""
    result: dict[str, Any] = json.loads(json.dumps(config))
    for name, value in difference.items():
        *path, last = name.split(".")
        place = result
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return result


def drawn_samples(
    seed: int, scale: float, wrong: float, images: int = 600, classes: int = 10
) -> pa.Table:
    """Return per-sample records of a made-up two-dimensional model.

    Args:
        seed: Draws them.
        scale: Mean feature norm.
        wrong: Share of images that are wrong; they tend to have short features.
        images: How many.
        classes: How many.
    """
    random = np.random.default_rng(seed)
    label = np.arange(images) % classes
    norm = random.gamma(9.0, scale / 9.0, images)
    rank = np.argsort(np.argsort(norm + random.normal(0.0, 0.6 * scale, images)))
    misses = rank < wrong * images
    prediction = np.where(misses, (label + random.integers(1, classes, images)) % classes, label)
    angle = 2.0 * np.pi * (prediction + random.normal(0.0, 0.12, images)) / classes
    table = pa.table(
        {
            "label": pa.array(label, pa.int64()),
            "prediction": pa.array(prediction, pa.int64()),
            "loss": pa.array(np.where(misses, 2.0, 0.1), pa.float32()),
            "norm": pa.array(norm, pa.float32()),
            "feature_0": pa.array(norm * np.cos(angle), pa.float32()),
            "feature_1": pa.array(norm * np.sin(angle), pa.float32()),
        }
    )
    return table.replace_schema_metadata({"split": "test"})


def drawn_history(
    seed: int, error: float, norm: float, reports: int = 12
) -> list[dict[str, float]]:
    """Return reports that fall to an error and rise to a norm."""
    random = np.random.default_rng(seed)
    history = []
    for report in range(1, reports + 1):
        rest = float(np.exp(-3.0 * report / reports))
        noise = float(random.normal(0.0, 0.1))
        history.append(
            {
                "step": 1000.0 * report,
                "train.softmax": 2.3 * rest,
                "train.loss": 2.3 * rest + 0.01,
                "train.error": 60.0 * rest,
                "train.norm": norm * (1.1 - rest),
                "test.error": error + 60.0 * rest + noise,
                "test.loss": 0.3 + 2.0 * rest + 0.1 * noise,
                "test.norm": norm * (1.0 - rest),
            }
        )
    return history
