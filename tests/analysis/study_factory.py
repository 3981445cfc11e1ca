"""Writes synthetic studies through the writers that trials and studies use.

A trial ends by `end_trial`, as those that are trained do, and metrics must be of those that
`incay.trainables.metrics` declares: `test_contract` holds both against really trained trials.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from incay.trainables import metrics as vocabulary
from incay.trainables import names
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.measured import UNMEASURED
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import (
    ArmBook,
    Budget,
    Frozen,
    Objective,
    Phase,
    Progress,
    StudyBook,
    TrialRow,
    Winner,
    search_name,
)
from incay.trainables.store.trials import Store
from incay.trainables.worker.ending import end_trial
from tests.analysis.drawn import (
    drawn_classes,
    drawn_history,
    drawn_outside,
    drawn_samples,
    drawn_weights,
    samples_of,
    scored_pairs,
)

__all__ = [
    "RN",
    "StudyFactory",
    "declared_metrics",
    "drawn_classes",
    "drawn_history",
    "drawn_outside",
    "drawn_samples",
    "drawn_weights",
    "incay",
    "samples_of",
    "scored_pairs",
]

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


def incay(weight: float = 0.1, form: str = "reciprocal", **settings: Any) -> dict[str, Any]:
    """Return the difference of an arm with incay, by dotted name."""
    own = {"form": form, "weight": weight, **settings}
    return {f"{names.INCAY}.{name}": value for name, value in own.items()}


RN = incay()
"""The difference of an arm with reciprocal norm incay."""


def declared_metrics() -> set[str]:
    """Return all metrics that a trial may report, further terms of a loss's own aside."""
    trained = [each.of(vocabulary.TRAIN) for each in vocabulary.TRAINED]
    terms = (*vocabulary.CLASSIFICATION_TERMS, vocabulary.INCAY_TERM)
    trained += [f"{vocabulary.TRAIN}.{term}" for term in terms]
    validated = vocabulary.evaluated(vocabulary.VALIDATION)
    tested = vocabulary.evaluated(vocabulary.TEST)
    verified = [each.of(vocabulary.TEST) for each in vocabulary.VERIFIED]
    measured = [name for split in vocabulary.SPLITS for name in vocabulary.measured(split)]
    return {*vocabulary.ABOUT_REPORTS, *trained, *validated, *tested, *verified, *measured}


class StudyFactory:
    """A study in the making. `write` puts its books into the store and returns the store."""

    def __init__(self, root: Path, name: str = "planted", **document: Any) -> None:
        self.store = Store(root)
        self.name = name
        self.run = document.pop("run", "1a2b3c4d")
        self.document = {
            "question": "Does it help?",
            "created": "2026-01-31T12:00:00+00:00",
            "factor": ["incay"],
            "objective": {"metric": "val.error", "mode": "min"},
            "replicates": 3,
            **document,
        }
        self.arms: dict[str, ArmBook] = {}
        self.trials: list[dict[str, Any]] = []

    @property
    def books(self) -> Books:
        """The books of the study's run."""
        return Books(self.store, self.name, self.run)

    def arm(
        self,
        name: str,
        difference: Mapping[str, Any] | None = None,
        search: Mapping[str, str] | None = None,
    ) -> None:
        """Add an arm; `difference` is by dotted name, over `BASE_CONFIG`."""
        difference = dict(difference or {})
        self.arms[name] = ArmBook(
            name=name,
            difference=difference,
            search=dict(search or {}),
            config=merged(BASE_CONFIG, difference),
        )

    def trial(
        self,
        arm: str,
        number: int,
        metrics: Mapping[str, float] | None = None,
        *,
        phase: Phase = "confirm",
        status: str | None = "completed",
        params: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        history: Sequence[Mapping[str, float]] = (),
        seconds: float = 60.0,
        replicate: int = 0,
        repetition: int = 0,
        **tables: pa.Table,
    ) -> str:
        """Add a trial and return its fingerprint.

        Args:
            arm: Its arm.
            number: Its number.
            metrics: What its last report says, over that of the `history`.
            phase: Search or confirm.
            status: How it ended; None leaves it without a record.
            params: What was searched.
            config: Settings besides, by dotted name.
            history: Its reports.
            seconds: What it took.
            replicate: Of a search trial, with which of the search's seeds.
            repetition: Of which repetition of the search.
            tables: What lies beside its record, by name.
        """
        text = f"{self.name}/{arm}/{phase}/{number}"
        if replicate or repetition:
            text += f"/{repetition}/{replicate}"
        settings = {**self.arms[arm].difference, **(params or {}), **(config or {})}
        values = merged(BASE_CONFIG, settings)
        data_hash, version = "d" * 16, hashlib.sha256(text.encode()).hexdigest()[:16]
        fingerprint = fingerprint_of(values, data_hash, version)
        row = {"arm": arm, "phase": phase, "number": number, "fingerprint": fingerprint}
        self.trials.append(
            {
                **row,
                "params": dict(params or {}),
                "replicate": replicate,
                "repetition": repetition,
            }
        )
        if status is None:
            return fingerprint
        *earlier, last = history or [{}]
        reports = [*earlier, {vocabulary.STEP: 100.0, **last, **(metrics or {})}]
        unknown = {name for report in reports for name in report} - declared_metrics()
        assert not unknown, f"no trial reports {', '.join(sorted(unknown))}"
        progress = Progress(
            step=int(reports[-1][vocabulary.STEP]),
            seconds=seconds,
            config=values,
            data_hash=data_hash,
            code_version=version,
            provenance={
                "host": "planted",
                "started": "2026-01-31T12:00:00.000+00:00",
                "device": "cpu",
                "device_type": "cpu",
                "git_commit": "0" * 40,
                "versions": {"torch": "2.15.0"},
            },
            history=reports if history or metrics else [],
        )
        reason = "" if status == Ending.COMPLETED else f"planted: {status}"
        end_trial(self.store, fingerprint, progress, Ending(status), reason, tables)
        return fingerprint

    def attach(self, fingerprint: str, **tables: pa.Table) -> None:
        """Put tables beside a trial's record, in place of those of the same name."""
        self._rewrite(self.record(fingerprint), tables)

    def alter(self, fingerprint: str, metric: str, value: float) -> None:
        """Change a stored value as someone would who also repairs the checksum."""
        record = self.record(fingerprint)
        self._rewrite(replace(record, metrics={**record.metrics, metric: value}), {})

    def age(self, fingerprint: str) -> None:
        """Give a trial's record the schema of the first programs, that knew fewer columns."""
        self._rewrite(replace(self.record(fingerprint), schema=1), {})

    def lack(self, fingerprint: str, metric: str, why: str) -> None:
        """Let a trial have failed to compute a metric."""
        record = self.record(fingerprint)
        metrics = {**record.metrics, metric: math.nan}
        provenance = {**record.provenance, UNMEASURED: {metric: why}}
        self._rewrite(replace(record, metrics=metrics, provenance=provenance), {})

    def damage(self, fingerprint: str, table: str) -> None:
        """Cut a table that lies beside a trial's record."""
        checksum = self.record(fingerprint).files[f"{table}.parquet"]
        folder = self.record_path(fingerprint).rpartition("/")[0]
        (name,) = (name for name in self.store.list(folder) if checksum[:16] in name)
        self.store.write(f"{folder}/{name}", b"cut")

    def record_path(self, fingerprint: str) -> str:
        """Return where a trial's record lies in the store."""
        return f"trials/{fingerprint[:2]}/{fingerprint}/record.json"

    def edit(self, fingerprint: str, old: str, new: str) -> None:
        """Change a record's text as someone would who does not know of its checksum."""
        content = (self.store.read(self.record_path(fingerprint)) or b"").decode()
        assert old in content
        self.store.write(self.record_path(fingerprint), content.replace(old, new).encode())

    def record(self, fingerprint: str) -> TrialRecord:
        """Return a trial's record."""
        record = self.store.read_record(fingerprint)
        assert record is not None
        return record

    def replicates(self, arm: str, errors: Sequence[float], norms: Sequence[float] = ()) -> None:
        """Add completed confirm trials with the given test errors."""
        norms = norms or [100.0] * len(errors)
        for number, (error, norm) in enumerate(zip(errors, norms, strict=True)):
            self.trial(arm, number, {"test.error": error, "test.norm": norm, "test.loss": 0.1})

    def write(self) -> Store:
        """Write the study's books."""
        first = next(iter(self.arms))
        book = {"baseline": first, **self.document, "name": self.name, "run": self.run}
        for name, shape in (("objective", Objective), ("budget", Budget)):
            if book.get(name):
                book[name] = shape(**book[name])
        if any(arm.search for arm in self.arms.values()) and not book.get("budget"):
            book["budget"] = Budget(
                trials=1 + max((each["number"] for each in self.trials), default=0)
            )
        self.books.write_study(StudyBook(**book, arms=tuple(self.arms.values())))
        rows = [TrialRow(**trial) for trial in self.trials]
        self.books.write_trials(rows)
        searched = {arm.name for arm in self.arms.values() if arm.search}
        winners = {
            search_name(row.arm, row.repetition): Winner(
                fingerprint=row.fingerprint, params=row.params, code_version="c"
            )
            for row in rows
            if row.phase == "confirm" and row.arm in searched
        }
        if winners:
            self.books.write_frozen(Frozen.of(winners))
        return self.store

    def _rewrite(self, record: TrialRecord, tables: Mapping[str, pa.Table]) -> None:
        found = {
            name.removesuffix(".parquet"): self.store.read_table(record, name)
            for name in record.files
        }
        history = [
            {name: value for name, value in row.items() if value is not None}
            for row in found.pop("history").to_pylist()
        ]
        self.store.write_record(record, history, {**found, **tables})


def merged(config: Mapping[str, Any], difference: Mapping[str, Any]) -> dict[str, Any]:
    """Return a nested configuration with dotted settings laid over it."""
    return names.nest({**names.flatten(config), **difference})
