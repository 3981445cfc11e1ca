"""What a record says of its origin is checked where it is read: no command stumbles over it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from simulated_records import simulated_record

from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.origin import require_origin
from incay.trainables.store.records import TrialRecord


@pytest.mark.parametrize(
    "provenance",
    [
        {"versions": "2.15"},
        {"versions": {"torch": 2}},
        {"seconds": "long"},
        {"seconds": -1.0},
        {"gpu_seconds": float("nan")},
        {"attempts": "two"},
        {"attempts": [3]},
        {"attempts": [{"discarded": 3}]},
        {"stacked": {"members": "two"}},
        {"stacked": {"members": 0}},
        {"skipped_images": {"train": "all"}},
        {"host": ["a"]},
        {"threads": 1.5},
    ],
)
def test_another_type_or_range_is_damage(provenance: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match=r"^r\.json.*must be complete, but is damaged"):
        require_origin(provenance, "r.json")


@pytest.mark.parametrize(
    "provenance",
    [
        {},
        {"host": "h", "started": 3, "finished": "yesterday", "seconds": 3, "git_commit": None},
        {"stacked": {"members": 2}, "attempts": [{"host": "h", "started": "x", "from_step": 0}]},
        {"versions": {}, "skipped_images": {"train": 1, "test": 0}, "of a later version": [[]]},
    ],
)
def test_what_earlier_and_later_versions_write_is_none(provenance: dict[str, Any]) -> None:
    require_origin(provenance, "r.json")


def test_a_record_is_refused_by_it() -> None:
    name = fingerprint_of({}, "d", "v")
    record = dataclasses.replace(
        simulated_record(name, {}), config={}, data_hash="d", code_version="v"
    )
    assert TrialRecord.from_json(record.to_json().encode(), "r.json") == record
    other = dataclasses.replace(record, provenance={"stacked": {"members": None}})
    with pytest.raises(RecordError, match=r"provenance.*stacked\.members does not fit"):
        TrialRecord.from_json(other.to_json().encode(), "r.json")
