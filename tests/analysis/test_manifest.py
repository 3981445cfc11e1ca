from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from study_factory import StudyFactory

from analysis import AnalysisError, load, manifest, table, verify, write_manifest
from trainables.store import Store

Maker = Callable[..., StudyFactory]


def alter(store: Store, fingerprint: str, metric: str, value: float) -> None:
    """Change a stored value as someone would who also repairs the checksum."""
    record = store.read_record(fingerprint)
    assert record is not None
    altered = replace(record, metrics={**record.metrics, metric: value})
    path = f"trials/{fingerprint[:2]}/{fingerprint}/record.json"
    store.write(path, altered.to_json().encode())


@pytest.fixture
def study(six_arms: Maker) -> StudyFactory:
    factory = six_arms()
    for number, arm in enumerate(factory.arms):
        errors = [10.0 + number, 10.3 + number, 9.8 + number]
        factory.replicates(arm, errors, [300.0 + number, 310.0, 305.0])
    factory.write()
    return factory


def test_an_untouched_store_verifies(study: StudyFactory, tmp_path: Path) -> None:
    built = table(load(study.store, study.name))
    exported = tmp_path / "table.tex"
    path = write_manifest(built, exported)
    assert path.name == "table.tex.manifest.json"
    assert verify(exported, study.store) == []
    assert verify(path, study.store) == []
    assert verify(manifest(built), study.store.uri) == []


def test_every_number_names_its_trials(study: StudyFactory) -> None:
    written = json.loads(json.dumps(manifest(table(load(study.store, study.name)))))
    cells = {(each["name"], each["column"]): each for each in written["cells"]}
    expected = [t["fingerprint"] for t in study.trials if t["arm"] == "Center Loss"]
    assert cells["Center Loss", "norm"]["fingerprints"] == expected
    for each in written["cells"]:
        assert bool(each["fingerprints"]) == (each["value"] is not None)


def test_an_altered_value_names_exactly_the_cells_that_depend_on_it(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    fingerprint = next(t["fingerprint"] for t in study.trials if t["arm"] == "RN + L-Softmax")
    alter(study.store, fingerprint, "test.norm", 999.0)
    found = verify(wanted, study.store)
    assert [(each.row, each.column) for each in found] == [("RN + L-Softmax", "norm")]
    assert str(found[0]).startswith("RN + L-Softmax, norm: value was 306.")


def test_an_altered_baseline_names_the_marks_that_rest_on_it(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", {"incay.form": "reciprocal", "incay.weight": 1.0})
    factory.replicates("Softmax", [8.0, 8.1, 7.9, 8.2])
    factory.replicates("RN", [7.0, 7.2, 6.9, 7.1])
    wanted = manifest(table(load(factory.write(), "planted")))
    alter(factory.store, factory.trials[0]["fingerprint"], "test.error", 1.0)
    found = {(each.row, each.column): each.what for each in verify(wanted, factory.store)}
    assert set(found) == {("Softmax", "error"), ("RN", "error"), ("RN", "change")}
    assert found["RN", "error"] == "marks was ['better'], is []"


def test_a_damaged_record_names_the_cells_that_rest_on_it(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    fingerprint = next(t["fingerprint"] for t in study.trials if t["arm"] == "RN + Center Loss")
    study.store.write(f"trials/{fingerprint[:2]}/{fingerprint}/record.json", b'{"schema": 1')
    found = verify(wanted, study.store)
    assert {each.row for each in found} == {"RN + Center Loss"}
    assert {each.column for each in found} == {"n", "accuracy", "norm"}
    assert "damaged 1 of 3" in found[-1].what


def test_a_lost_record_is_noticed(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    fingerprint = study.trials[0]["fingerprint"]
    study.store.delete(f"trials/{fingerprint[:2]}/{fingerprint}/record.json")
    assert {each.row for each in verify(wanted, study.store)} == {"Softmax"}


def test_other_rows_are_noticed(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    wanted["cells"][0]["name"] = "Hinge"
    assert {each.row for each in verify(wanted, study.store)} == {"Hinge", "Softmax"}


def test_a_study_that_is_not_there(study: StudyFactory, tmp_path: Path) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    with pytest.raises(AnalysisError, match="must be one of"):
        verify(wanted, tmp_path / "elsewhere")


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 99}'])
def test_a_damaged_manifest(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv.manifest.json"
    path.write_text(content)
    with pytest.raises(AnalysisError, match="must be a manifest"):
        verify(path, tmp_path)
    with pytest.raises(AnalysisError, match="must exist"):
        verify(tmp_path / "none.csv", tmp_path)
