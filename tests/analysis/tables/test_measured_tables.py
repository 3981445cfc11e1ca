"""Columns of any measure: recorded, computed of what was recorded, or said to be neither."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from study_factory import RN, StudyFactory, drawn_classes, drawn_samples, samples_of

from incay import analysis
from incay.analysis.content import Mark
from incay.analysis.errors import AnalysisError
from incay.trainables.measures.computing import computed
from incay.trainables.store.measured import OWN_MEASURES, records_of


def planted(factory: StudyFactory, **tables: list[object]) -> None:
    """Add two arms of four seeds; the second is better calibrated and errs as often."""
    factory.arm("Softmax")
    factory.arm("RN", RN)
    for seed, noise in enumerate((0.0, 0.01, -0.01, 0.02)):
        for arm, ece, top in (("Softmax", 5.0, 0.5), ("RN", 2.0, 0.5)):
            found = {
                "test.error": 8.0 + noise,
                "test.norm": 10.0 + noise,
                "test.ece": ece + noise * (1.0 if arm == "RN" else 2.0),
                "test.top5_error": top,
                "test.temperature": 1.5 + noise,
                "train.nc1": 0.3 + noise,
            }
            factory.trial(arm, seed, found)


def cell(table, arm: str, key: str):
    (row,) = (row for row in table.rows if row.name == arm)
    return row.cells[key]


def test_named_columns_stand_in_their_order_with_their_tests(factory: StudyFactory) -> None:
    planted(factory)
    results = analysis.load(factory.write(), factory.name)
    table = analysis.table(results, columns=["error", "ece", "train.nc1", "temperature"])
    assert [column.key for column in table.columns] == ["error", "ece", "train.nc1", "temperature"]
    assert [column.heading for column in table.columns] == [
        "Error (%)",
        "ECE (%)",
        "Train NC1",
        "T",
    ]
    assert cell(table, "RN", "ece").value == pytest.approx(2.005)
    assert cell(table, "RN", "ece").marks == {Mark.BETTER}
    assert not cell(table, "RN", "error").marks
    assert not cell(table, "RN", "temperature").marks  # no direction is better
    assert any(note.startswith("ECE: compared on the same seeds") for note in table.notes)
    assert any("within it, not over columns" in note for note in table.notes)


def test_an_exported_table_of_columns_can_be_verified_and_traced(
    factory: StudyFactory, tmp_path: Path
) -> None:
    planted(factory)
    store = factory.write()
    table = analysis.table(analysis.load(store, factory.name), columns=["error", "ece"])
    analysis.export(table, tmp_path / "table.csv")
    assert analysis.verify(tmp_path / "table.csv", store) == []
    found = analysis.trace(store, tmp_path / "table.csv", "RN/ece")
    assert "2.0" in str(found)


def test_a_study_may_name_its_columns(factory: StudyFactory) -> None:
    factory.document["columns"] = ("error", "ece")
    planted(factory)
    results = analysis.load(factory.write(), factory.name)
    assert [column.key for column in analysis.table(results).columns] == ["error", "ece"]
    assert analysis.table(results, "general").name == "general"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (["ecce"], "did you mean 'ece'"),
        (["error", "nc11"], "did you mean 'nc1'"),
        (["dev.ece"], "a column must be one of"),
    ],
)
def test_an_unknown_measure_is_told_with_the_nearest(
    factory: StudyFactory, columns: list[str], told: str
) -> None:
    planted(factory)
    results = analysis.load(factory.write(), factory.name)
    with pytest.raises(AnalysisError, match=told):
        analysis.table(results, columns=columns)
    with pytest.raises(AnalysisError, match="columns must be of no other table"):
        analysis.table(results, "general", columns=["ece"])


def test_what_was_not_recorded_is_computed_of_what_was(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    samples, classes = drawn_samples(0, 20.0, 0.1), drawn_classes(0)
    factory.trial("Softmax", 0, {"test.error": 8.0}, samples=samples, classes=classes)
    results = analysis.load(factory.write(), factory.name)
    expected = computed(records_of(samples, classes)).values
    names = ["ece", "aurc", "nc1", "fisher", "separation", "top5_error"]
    table = analysis.table(results, columns=names)
    for name in names:
        assert cell(table, "Softmax", name).value == pytest.approx(expected[name])
    assert np.isfinite([expected[name] for name in names]).all()


def test_an_old_trial_shows_what_it_has(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    old = samples_of([0, 1], [0, 0], loss=np.array([0.1, 2.0]), norm=np.array([3.0, 1.0]))
    factory.age(factory.trial("Softmax", 0, {"test.error": 50.0}, samples=old))
    results = analysis.load(factory.write(), factory.name)
    table = analysis.table(results, columns=["nll", "aurc.norm", "ece", "nc1"])
    assert cell(table, "Softmax", "nll").value == pytest.approx(1.05)
    assert cell(table, "Softmax", "aurc.norm").value == pytest.approx(25.0)
    for name in ("ece", "nc1"):
        assert cell(table, "Softmax", name).value is None
        assert cell(table, "Softmax", name).reason == "not recorded"
    assert "— not recorded" in analysis.render(table, "markdown")


def test_why_a_measure_could_not_be_computed_is_told(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    name = factory.trial("Softmax", 0, {"test.error": 8.0})
    factory.lack(name, "test.fisher", "ValueError: no [number]")
    table = analysis.table(analysis.load(factory.write(), factory.name), columns=["fisher"])
    reason = "could not be computed: ValueError: no [number]"
    assert cell(table, "Softmax", "fisher").reason == reason
    assert "no \\[number\\]" in analysis.render(table, "markdown")


def test_seeds_without_a_value_are_told(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    for number, value in enumerate((5.0, math.nan, 6.0)):
        factory.trial("Softmax", number, {"test.error": 8.0, "test.fisher": value})
    table = analysis.table(analysis.load(factory.write(), factory.name), columns=["fisher"])
    assert cell(table, "Softmax", "fisher").n == 2
    told = "Softmax: test.fisher has no value in 1 of 3 replicates (1), which are left out"
    assert told in cell(table, "Softmax", "fisher").notes
    assert told in analysis.render(table, "markdown")


@pytest.mark.parametrize("name", ["geometry", "calibration", "columns"])
def test_tables_of_measures_are_drawn_of_real_tables(factory: StudyFactory, name: str) -> None:
    factory.arm("Softmax")
    factory.arm("RN", RN)
    for arm, scale in (("Softmax", 20.0), ("RN", 30.0)):
        for seed in range(2):
            factory.trial(
                arm,
                seed,
                {"test.error": 10.0, "test.norm": scale},
                samples=drawn_samples(seed, scale, 0.1),
                classes=drawn_classes(seed),
            )
    table = analysis.table(analysis.load(factory.write(), factory.name), name)
    shown = [column.key for column in table.columns if cell(table, "RN", column.key).value]
    assert {"geometry": "nc1", "calibration": "ece.t", "columns": "brier"}[name] in shown


def test_a_measure_of_the_users_own_is_shown_without_its_code(factory: StudyFactory) -> None:
    planted(factory)
    told = {"title": "my share", "unit": "%", "better": "more", "decimals": 1}
    for index, trial in enumerate(factory.trials):
        record = factory.record(trial["fingerprint"])
        value = 10.0 + (index % 2) * (1.0 + 0.01 * index**2)
        changed = dataclasses.replace(
            record,
            metrics={**record.metrics, "test.mine": value},
            provenance={**record.provenance, OWN_MEASURES: {"mine": told, "odd": "text"}},
        )
        factory._rewrite(changed, {})
    table = analysis.table(analysis.load(factory.write(), factory.name), columns=["mine"])
    (column,) = table.columns
    assert (column.heading, column.decimals) == ("My share (%)", 1)
    assert cell(table, "RN", "mine").marks == {Mark.BETTER}
