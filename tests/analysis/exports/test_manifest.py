from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from study_factory import RN, StudyFactory, drawn_samples, samples_of

from incay.analysis import (
    AnalysisError,
    compare,
    export,
    load,
    manifest,
    table,
    verify,
    write_manifest,
)

Maker = Callable[..., StudyFactory]


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
    study.alter(fingerprint, "test.norm", 999.0)
    found = verify(wanted, study.store)
    assert [(each.row, each.column) for each in found] == [("RN + L-Softmax", "norm")]
    assert str(found[0]).startswith("RN + L-Softmax, norm: value was 306.")


def test_an_altered_baseline_names_the_marks_that_rest_on_it(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    factory.replicates("Softmax", [8.0, 8.1, 7.9, 8.2])
    factory.replicates("RN", [7.0, 7.2, 6.9, 7.1])
    wanted = manifest(table(load(factory.write(), "planted")))
    factory.alter(factory.trials[0]["fingerprint"], "test.error", 1.0)
    found = {(each.row, each.column): each.what for each in verify(wanted, factory.store)}
    assert set(found) == {("Softmax", "error"), ("RN", "error"), ("RN", "change")}
    assert found["RN", "error"] == "marks was ['better'], is []"


def test_a_damaged_record_names_the_cells_that_rest_on_it(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    fingerprint = next(t["fingerprint"] for t in study.trials if t["arm"] == "RN + Center Loss")
    study.store.write(study.record_path(fingerprint), b'{"schema": 1')
    found = verify(wanted, study.store)
    assert {each.row for each in found} == {"RN + Center Loss"}
    assert {each.column for each in found} == {"n", "accuracy", "norm"}
    assert "damaged 1 of 3" in found[-1].what


def test_a_lost_record_is_noticed(study: StudyFactory) -> None:
    wanted = manifest(table(load(study.store, study.name)))
    fingerprint = study.trials[0]["fingerprint"]
    study.store.delete(study.record_path(fingerprint))
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


def test_an_altered_sample_names_the_cells_made_of_samples(factory: StudyFactory) -> None:
    """One image's norm in one model, with checksums repaired: means of norms, and no count."""
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    for arm in factory.arms:
        for number in range(2):
            samples = drawn_samples(number, 200.0, 0.1)
            factory.trial(arm, number, {"test.error": 10.0, "test.norm": 200.0}, samples=samples)
    results = load(factory.write(), "planted")
    wanted = manifest(table(results, "paper-a-table-5"))
    label, prediction, loss, norm = (
        samples[name].to_numpy().copy() for name in ("label", "prediction", "loss", "norm")
    )
    norm[np.flatnonzero(label == prediction)[0]] += 100.0
    last = factory.trials[-1]["fingerprint"]
    factory.attach(last, samples=samples_of(label, prediction, loss=loss, norm=norm))
    found = verify(wanted, factory.store)
    assert [(each.row, each.column) for each in found] == [("RN + Softmax", "correct.norm")]
    factory.damage(last, "samples")
    damaged = {(each.row, each.column) for each in verify(wanted, factory.store)}
    groups = ("correct", "wrong", "fixed", "added")
    kinds = [f"{group}.{kind}" for group in groups for kind in ("norm", "count")]
    assert damaged == {(row, kind) for row in ("Softmax", "RN + Softmax") for kind in kinds}


@pytest.mark.parametrize("suffix", ["md", "tex", "csv", "json", "html", "txt"])
def test_a_number_typed_into_the_file_is_noticed(
    study: StudyFactory, tmp_path: Path, suffix: str
) -> None:
    exported = tmp_path / f"table.{suffix}"
    export(table(load(study.store, study.name)), exported)
    assert verify(exported, study.store) == []
    text = exported.read_text("utf-8")
    shown = next(number for number in ("87.97", "87.966") if number in text)
    exported.write_text(text.replace(shown, "97.97"), "utf-8")
    found = verify(exported, study.store)
    assert all(not each.row and f"table.{suffix} was changed" in str(each) for each in found)
    assert any("97.97" in str(each) for each in found)


def test_a_table_of_two_studies_verifies(study: StudyFactory, tmp_path: Path) -> None:
    first = load(study.store, study.name)
    study.run = "ffffffff"
    second = load(study.write(), study.name)
    exported = tmp_path / "both.csv"
    export(compare(first, second), exported)
    assert verify(exported, study.store) == []
    study.alter(study.trials[0]["fingerprint"], "test.error", 1.0)
    found = {(each.row, each.column) for each in verify(exported, study.store)}
    assert found == {("Softmax", "first"), ("Softmax", "second")}


def test_a_file_of_no_known_kind(study: StudyFactory, tmp_path: Path) -> None:
    built = table(load(study.store, study.name))
    with pytest.raises(AnalysisError, match=r"\.tex, \.md.* but got .*docx"):
        export(built, tmp_path / "table.docx")
    assert export(built, tmp_path / "table.docx", "markdown").is_file()
