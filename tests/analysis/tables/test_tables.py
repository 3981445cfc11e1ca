from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from built_tables import cell
from scipy import stats
from study_factory import RN, StudyFactory

from incay.analysis import AnalysisError, load, table
from incay.trainables.store.records import SCHEMA_VERSION

Maker = Callable[..., StudyFactory]


def test_measured_beside_published(six_arms: Maker) -> None:
    factory = six_arms()
    errors = [11.2, 11.5, 10.9]
    factory.replicates("Softmax", errors, [300.0, 310.0, 305.0])
    built = table(load(factory.write(), "paper-b-table-2"))
    assert built.name == "paper-b-table-2"
    accuracy = cell(built, "Softmax", "accuracy")
    low, high = stats.t.interval(0.95, 2, 100 - sum(errors) / 3, stats.sem(errors))
    assert accuracy.value == pytest.approx((low + high) / 2)
    assert accuracy.half_width == pytest.approx((high - low) / 2)
    assert accuracy.n == 3
    assert set(accuracy.fingerprints) == {trial["fingerprint"] for trial in factory.trials}
    assert accuracy.published is not None
    assert accuracy.published.value == 88.62
    norm = cell(built, "Softmax", "norm")
    assert norm.value == pytest.approx(305.0)
    assert norm.published is not None
    assert norm.published.value == 316.65


def test_all_arms_have_rows_before_anything_has_run(six_arms: Maker) -> None:
    built = table(load(six_arms().write(), "paper-b-table-2"))
    assert len(built.rows) == 6
    for row in built.rows:
        assert row.cells["accuracy"].value is None
        assert row.cells["accuracy"].reason == "pending 3 of 3"


def test_arms_unknown_to_the_paper_follow(six_arms: Maker) -> None:
    factory = six_arms()
    factory.arm("Hinge")
    factory.replicates("Hinge", [5.0])
    built = table(load(factory.write(), "paper-b-table-2"))
    assert built.rows[-1].name == "Hinge"
    assert cell(built, "Hinge", "accuracy").published is None
    assert cell(built, "Hinge", "accuracy").value == 95.0


def test_published_rows_without_an_arm_say_so(factory: StudyFactory) -> None:
    factory.arm("softmax")
    built = table(load(factory.write(), "planted"), "paper-b-table-2")
    assert [row.name for row in built.rows][:2] == ["Softmax", "RN + Softmax"]
    assert cell(built, "RN + Softmax", "accuracy").reason == "not in this study"
    assert cell(built, "Softmax", "accuracy").reason == "pending 3 of 3"


def test_one_seed_has_no_interval(six_arms: Maker) -> None:
    factory = six_arms(replicates=1)
    factory.replicates("Softmax", [11.0])
    built = table(load(factory.write(), "paper-b-table-2"))
    accuracy = cell(built, "Softmax", "accuracy")
    assert (accuracy.value, accuracy.half_width, accuracy.n) == (89.0, None, 1)
    assert any("One seed" in note for note in built.notes)


def test_endings_are_counted(six_arms: Maker) -> None:
    factory = six_arms()
    factory.trial("Softmax", 0, {"test.error": 10.0, "test.norm": 1.0})
    factory.trial("Softmax", 1, status="diverged")
    factory.trial("Softmax", 2, status=None)
    for number in range(3):
        factory.trial("L-Softmax", number, status="diverged")
    factory.trial("Center Loss", 0, status="failed")
    factory.trial("Center Loss", 1, status="interrupted")
    built = table(load(factory.write(), "paper-b-table-2"))
    partial = cell(built, "Softmax", "accuracy")
    assert (partial.value, partial.n) == (90.0, 1)
    assert partial.notes == (
        "Softmax: of 3 replicates 1 completed, 1 diverged, 1 pending; diverged ones are left out",
    )
    assert cell(built, "L-Softmax", "accuracy").reason == "diverged 3 of 3"
    assert cell(built, "Center Loss", "norm").reason == "failed 1 of 2, interrupted 1 of 2"


def test_diverged_replicates_may_count_as_worst(six_arms: Maker) -> None:
    factory = six_arms(diverged_policy="worst")
    factory.trial("Softmax", 0, {"test.error": 10.0, "test.norm": 7.0})
    factory.trial("Softmax", 1, status="diverged")
    built = table(load(factory.write(), "paper-b-table-2"))
    assert cell(built, "Softmax", "accuracy").value == pytest.approx(45.0)
    assert cell(built, "Softmax", "norm").value == 7.0
    assert "100 % error" in cell(built, "Softmax", "accuracy").notes[0]
    assert "left out" in cell(built, "Softmax", "norm").notes[0]


def test_a_damaged_record_never_becomes_a_number(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 12.0, 13.0])
    store = factory.write()
    fingerprint = factory.trials[2]["fingerprint"]
    factory.edit(fingerprint, "13.0", "11.0")
    accuracy = cell(table(load(store, "paper-b-table-2")), "Softmax", "accuracy")
    assert accuracy.value is None
    assert accuracy.reason == "damaged 1 of 3"
    assert fingerprint in accuracy.notes[0]


def test_another_trials_record_never_becomes_a_number(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 12.0])
    store = factory.write()
    mine, other = (factory.record_path(trial["fingerprint"]) for trial in factory.trials)
    store.write(mine, store.read(other) or b"")
    accuracy = cell(table(load(store, "paper-b-table-2")), "Softmax", "accuracy")
    assert (accuracy.value, accuracy.reason) == (None, "damaged 1 of 2")
    assert "must be the record of trial" in accuracy.notes[0]


def test_a_trial_that_the_store_does_not_know_is_pending(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 12.0])
    row = {"arm": "Softmax", "phase": "confirm", "number": 2, "params": {}}
    factory.trials.append({**row, "fingerprint": "f" * 20})
    accuracy = cell(table(load(factory.write(), "paper-b-table-2")), "Softmax", "accuracy")
    assert (accuracy.value, accuracy.n) == (88.5, 2)
    assert accuracy.notes == ("Softmax: of 3 replicates 2 completed, 1 pending",)


def test_a_record_of_a_newer_schema_is_no_number(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0])
    factory.edit(factory.trials[0]["fingerprint"], f'"schema": {SCHEMA_VERSION}', '"schema": 99')
    accuracy = cell(table(load(factory.write(), "paper-b-table-2")), "Softmax", "accuracy")
    assert (accuracy.value, accuracy.reason) == (None, "damaged 1 of 1")
    assert "newer version of incay" in accuracy.notes[0]


def test_a_replicate_counts_once(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 13.0])
    factory.trials.append({**factory.trials[0], "number": 2})
    accuracy = cell(table(load(factory.write(), "paper-b-table-2")), "Softmax", "accuracy")
    assert (accuracy.value, accuracy.n) == (88.0, 2)
    assert "counts once" in accuracy.notes[0]


def test_a_metric_that_is_not_finite_is_no_number(six_arms: Maker) -> None:
    factory = six_arms()
    factory.trial("Softmax", 0, {"test.error": 1.0, "test.norm": math.nan})
    built = table(load(factory.write(), "paper-b-table-2"))
    assert cell(built, "Softmax", "norm").reason == "no value"


def test_protocol_and_overrides_are_on_the_table(six_arms: Maker) -> None:
    built = table(load(six_arms(overrides=["steps=300"]).write(), "paper-b-table-2"))
    assert built.protocol.startswith("Protocol: paper.")
    assert "Changed from the study file: steps=300." in built.notes


def test_general_table_of_a_search(factory: StudyFactory) -> None:
    factory.document["budget"] = {"trials": 3}
    factory.arm("Softmax", search={"optimizer.weight_decay": "log 1e-5 .. 1e-2"})
    factory.arm(
        "RN + Softmax",
        RN,
        {"optimizer.weight_decay": "log 1e-5 .. 1e-2", "incay.weight": "log 1e-3 .. 1e3"},
    )
    params = {"optimizer.weight_decay": 1e-3, "incay.weight": 0.5}
    factory.trial("RN + Softmax", 0, {"val.error": 9.0}, phase="search", params=params)
    better = {**params, "incay.weight": 20.0}
    factory.trial("RN + Softmax", 1, {"val.error": 8.0}, phase="search", params=better)
    factory.trial("RN + Softmax", 2, status="pruned", phase="search", params=params)
    params = {"optimizer.weight_decay": 2e-4}
    for number in range(3):
        factory.trial("Softmax", number, {"val.error": 9.0}, phase="search", params=params)
    factory.trial("Softmax", 0, {"test.error": 7.0}, params=params)
    built = table(load(factory.write(), "planted"))
    assert built.name == "general"
    assert cell(built, "Softmax", "error").value == 7.0
    assert cell(built, "Softmax", "optimizer.weight_decay").text == "0.0002"
    assert cell(built, "RN + Softmax", "error").reason == "pending: 3 of 3 search trials done"
    assert cell(built, "RN + Softmax", "incay.weight").text == "20 (best so far)"
    assert cell(built, "RN + Softmax", "difference").text == "incay.form=reciprocal"
    assert cell(built, "RN + Softmax", "endings").text == "search: 2 completed, 1 pruned"
    assert built.protocol.startswith("Protocol: sealed.")


def test_differences_are_told_in_short(factory: StudyFactory) -> None:
    margin = {"loss.name": "l-softmax", "loss.margin": 4, "loss.base": 1000}
    factory.arm("Softmax")
    factory.arm("m = 4", margin)
    factory.arm("m = 2", {**margin, "loss.margin": 2})
    factory.arm("center", {"loss.name": "center", "loss.rate": 0.5})
    rows = table(load(factory.write(), "planted")).rows
    assert [row.cells["difference"].text for row in rows] == [
        "",
        "loss=l-softmax, loss.margin=4",
        "loss=l-softmax, loss.margin=2",
        "loss=center",
    ]


def test_settings_of_another_loss_are_told_where_they_are_not_its_defaults(
    factory: StudyFactory,
) -> None:
    factory.document["defaults"] = {"loss.margin": 0.35, "loss.scale": 30}
    factory.arm("Softmax")
    factory.arm("Cos", {"loss.name": "cosface", "loss.margin": 0.2, "loss.scale": 30})
    rows = table(load(factory.write(), "planted")).rows
    assert rows[1].cells["difference"].text == "loss=cosface, loss.margin=0.2"


def test_unknown_table_is_an_error_with_a_hint(six_arms: Maker) -> None:
    results = load(six_arms().write(), "paper-b-table-2")
    with pytest.raises(AnalysisError, match="did you mean 'paper-b-table-2'"):
        table(results, "paper-b-table2")


def test_flat_frame(six_arms: Maker) -> None:
    factory = six_arms()
    factory.replicates("Softmax", [11.0, 12.0])
    built = table(load(factory.write(), "paper-b-table-2"))
    frame = built.to_pandas().set_index("method")
    assert frame.loc["Softmax", "accuracy"] == 88.5
    assert frame.loc["Softmax", "accuracy.n"] == 2
    assert frame.loc["RN + Softmax", "accuracy.missing"] == "pending 3 of 3"
    assert frame.loc["RN + Softmax", "accuracy.published"] == "89.44"


def test_devices_stand_in_the_notes(six_arms: Maker) -> None:
    factory = six_arms(replicates=2)
    factory.replicates("Softmax", [11.0, 12.0])
    built = table(load(factory.write(), "paper-b-table-2"))
    assert "Trained on CPU cpu." in built.notes
    record = factory.record(factory.trials[0]["fingerprint"])
    elsewhere = {**record.provenance, "device": "NVIDIA L4", "device_type": "cuda"}
    factory.store.write_record(replace(record, provenance=elsewhere), [])
    built = table(load(factory.write(), "paper-b-table-2"))
    assert (
        "Trained on different devices: GPU NVIDIA L4 (1 trial), CPU cpu (1 trial)." in built.notes
    )
