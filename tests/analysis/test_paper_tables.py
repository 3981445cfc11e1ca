"""Every table of both papers, from small studies with planted numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from study_factory import StudyFactory

from incay.analysis import AnalysisError, load, table
from incay.analysis.comparing.budget import has_setting
from incay.analysis.output.table import Cell, Table
from incay.analysis.tables import tables

RN = {"incay.form": "reciprocal", "incay.weight": 0.1}
CIFAR10 = {"dataset.name": "cifar10", "network.name": "cifar10"}


def cell(built: Table, row: str, column: str) -> Cell:
    found = [each.cells[column] for each in built.rows if each.name == row and not each.cited]
    assert len(found) == 1, [each.name for each in built.rows]
    return found[0]


def built(factory: StudyFactory, name: str) -> Table:
    return table(load(factory.write(), factory.name), name)


def test_all_tables_of_both_papers_exist() -> None:
    assert set(tables) == {
        "general",
        "comparisons",
        *(f"paper-a-table-{number}" for number in range(1, 9)),
        *(f"paper-b-table-{number}" for number in range(1, 5)),
    }


@pytest.mark.parametrize("name", sorted(tables))
def test_every_table_stands_before_anything_has_run(factory: StudyFactory, name: str) -> None:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    for _, _, each in built(factory, name).cells():
        assert each.value in (None, 0.0)


def test_a_1_faces(factory: StudyFactory) -> None:
    faces = {"dataset.name": "faces", "network.name": "spherenet-20"}
    factory.arm("A-Softmax", {**faces, "loss.name": "a-softmax"})
    factory.arm("RN + A-Softmax", {**faces, "loss.name": "a-softmax", **RN})
    factory.replicates("A-Softmax", [0.6, 0.58])
    shown = built(factory, "paper-a-table-1")
    assert cell(shown, "A-Softmax", "accuracy").value == pytest.approx(99.41)
    assert cell(shown, "A-Softmax", "network").text == "spherenet-20"
    facenet = shown.rows[0]
    assert facenet.cited
    assert facenet.cells["data"].text == "200M"
    assert facenet.cells["accuracy"].value is None
    assert facenet.cells["accuracy"].published is not None
    assert facenet.cells["accuracy"].published.value == 99.65


@pytest.mark.parametrize(
    ("name", "softmax"), [("paper-a-table-2", 8.59), ("paper-b-table-3", 8.45)]
)
def test_error_rates_by_data_set(factory: StudyFactory, name: str, softmax: float) -> None:
    factory.arm("Softmax, MNIST")
    factory.arm("MNIST: RN + Softmax", RN)
    factory.arm("Softmax (CIFAR-10)", CIFAR10)
    factory.arm("Softmax on fashion_mnist", {"dataset.name": "fashion_mnist"})
    factory.replicates("Softmax, MNIST", [0.4, 0.3])
    factory.replicates("MNIST: RN + Softmax", [0.5, 0.6])
    factory.replicates("Softmax (CIFAR-10)", [8.0, 9.0])
    factory.replicates("Softmax on fashion_mnist", [7.0])
    shown = built(factory, name)
    assert len([row for row in shown.rows if row.cited]) == 11
    assert [row.name for row in shown.rows][11:] == [
        "Softmax",
        "RN + Softmax",
        "L-Softmax",
        "RN + L-Softmax",
    ]
    assert cell(shown, "Softmax", "MNIST").value == pytest.approx(0.35)
    assert cell(shown, "RN + Softmax", "MNIST").value == pytest.approx(0.55)
    cifar = cell(shown, "Softmax", "CIFAR10")
    assert cifar.value == 8.5
    assert cifar.published is not None
    assert cifar.published.value == softmax
    assert cell(shown, "Softmax", "fashion_mnist").value == 7.0
    assert cell(shown, "Softmax", "CIFAR100").reason == "not in this study"


def test_a_study_of_one_data_set_needs_no_suffixes(factory: StudyFactory) -> None:
    factory.arm("Softmax", CIFAR10)
    factory.replicates("Softmax", [8.0])
    assert cell(built(factory, "paper-a-table-2"), "Softmax", "CIFAR10").value == 8.0


@pytest.mark.parametrize("name", ["paper-a-table-3", "paper-b-table-4"])
def test_accuracy_by_weight(factory: StudyFactory, name: str) -> None:
    factory.arm("Softmax", CIFAR10)
    factory.arm("RN + Softmax, λ = 1", {**CIFAR10, **RN, "incay.weight": 1.0})
    factory.arm("RN + Softmax, λ = 0.01", {**CIFAR10, **RN, "incay.weight": 0.01})
    factory.arm("RN + Softmax, λ = 30", {**CIFAR10, **RN, "incay.weight": 30.0})
    for number, arm in enumerate(factory.arms):
        factory.replicates(arm, [8.0 + number, 8.2 + number])
    shown = built(factory, name)
    row = {key: cell(shown, "RN + Softmax", key).value for key in ("0", "1", "0.01", "30")}
    assert row == pytest.approx({"0": 91.9, "1": 90.9, "0.01": 89.9, "30": 88.9})
    assert cell(shown, "RN + Softmax", "0.1").reason == "not in this study"
    assert next(c.title for c in shown.columns if c.key == "30") == "λ = 30"


def test_a_4_feature_scale(factory: StudyFactory) -> None:
    for scale in (1.0, 2.0, 16.0):
        factory.arm(f"scale {scale:g}", {**CIFAR10, "network.feature_scale": scale})
    factory.replicates("scale 2", [9.0, 9.2])
    factory.trial("scale 16", 0, status="diverged")
    shown = built(factory, "paper-a-table-4")
    assert [row.name for row in shown.rows] == ["1", "2", "4", "6", "8", "> 10"]
    two = cell(shown, "2", "accuracy")
    assert two.value == pytest.approx(90.9)
    assert two.published is not None
    assert (two.published.row, two.published.column) == ("Softmax", "2")
    exploded = cell(shown, "> 10", "accuracy")
    assert exploded.reason == "diverged 1 of 1"
    assert exploded.published is not None
    assert exploded.published.value == "NAN"


def test_a_5_fixed_and_added(factory: StudyFactory) -> None:
    factory.arm("Softmax", CIFAR10)
    factory.arm("RN + Softmax", {**CIFAR10, **RN})
    label = np.zeros(10, dtype=np.int64)
    wrong = {"Softmax": [0, 1, 2, 3], "RN + Softmax": [2, 3, 4]}
    for number in range(2):
        for factor, (arm, indices) in enumerate(wrong.items(), start=1):
            prediction = label.copy()
            prediction[indices] = 1
            samples = pa.table(
                {
                    "label": label,
                    "prediction": prediction,
                    "loss": pa.array(np.zeros(10), pa.float32()),
                    "norm": pa.array(factor * (np.arange(10.0) + number), pa.float32()),
                }
            ).replace_schema_metadata({"split": "test"})
            factory.trial(arm, number, {"test.error": 10.0 * len(indices)}, samples=samples)
    shown = built(factory, "paper-a-table-5")
    assert [row.name for row in shown.rows] == ["Softmax", "RN + Softmax"]
    softmax = {key: each.value for key, each in shown.rows[0].cells.items()}
    assert softmax["accuracy"] == 60.0
    assert (softmax["correct.count"], softmax["wrong.count"]) == (6.0, 4.0)
    assert (softmax["fixed.count"], softmax["added.count"]) == (2.0, 1.0)
    assert softmax["fixed.norm"] == pytest.approx(1.0)  # images 0, 1; replicates add 0 and 1
    assert softmax["added.norm"] == pytest.approx(4.5)  # image 4
    assert cell(shown, "RN + Softmax", "fixed.norm").value == pytest.approx(2.0)
    assert len(cell(shown, "RN + Softmax", "fixed.norm").fingerprints) == 4
    published = cell(shown, "RN + Softmax", "added.count").published
    assert published is not None
    assert published.value == 261
    assert any("259" in note for note in shown.notes)


def test_a_5_without_samples_has_no_numbers(factory: StudyFactory) -> None:
    factory.arm("Softmax", CIFAR10)
    factory.arm("RN + Softmax", {**CIFAR10, **RN})
    factory.replicates("Softmax", [8.0])
    factory.replicates("RN + Softmax", [8.0])
    fixed = cell(built(factory, "paper-a-table-5"), "Softmax", "fixed.norm")
    assert fixed.reason == "no per-sample records"
    assert "must have per-sample records" in fixed.notes[0]


def test_a_6_forms(factory: StudyFactory) -> None:
    factory.arm("Softmax", CIFAR10)
    for form in ("linear", "log", "reciprocal"):
        factory.arm(f"incay {form}", {**CIFAR10, "incay.form": form, "incay.weight": 0.1})
    factory.replicates("incay log", [8.0])
    shown = built(factory, "paper-a-table-6")
    log = cell(shown, "Softmax + LogN", "accuracy")
    assert log.value == 92.0
    assert log.published is not None
    assert (log.published.value, log.published.row) == (91.83, "Accuracy")


def test_a_7_weight_decay(factory: StudyFactory) -> None:
    for decay in (1e-5, 5e-5, 5e-4, 5e-3):
        factory.arm(f"μ = {decay:g}", {**CIFAR10, "optimizer.weight_decay": decay})
    factory.replicates("μ = 0.005", [8.84], [231.0])
    shown = built(factory, "paper-a-table-7")
    accuracy = cell(shown, "μ = 0.005", "accuracy")
    assert accuracy.published is not None
    assert accuracy.published.value == 91.16
    norm = cell(shown, "μ = 0.005", "norm")
    assert norm.published is not None
    assert norm.published.value == 231.3
    assert norm.published.source == "paper A, Table 7, Average Feature Norm, μ = 0.005"


def test_layers_are_printed_as_published(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    assert cell(built(factory, "paper-a-table-8"), "Conv3.x", "CIFAR100").text == "[3 × 3, 512] × 4"
    assert cell(built(factory, "paper-b-table-1"), "Conv2.x", "MNIST-2D").text == "N/A"


def searched(factory: StudyFactory, trials: dict[str, int]) -> None:
    for arm, count in trials.items():
        factory.arm(arm, {} if arm == "Softmax" else RN, {"incay.weight": "log 1e-3 .. 1e3"})
        for number in range(count):
            factory.trial(arm, number, {"val.error": 9.0}, phase="search")


def test_unequal_searches_are_refused(factory: StudyFactory) -> None:
    searched(factory, {"Softmax": 2, "RN + Softmax": 5, "RN + L-Softmax": 5})
    for arm in factory.arms:
        factory.replicates(arm, [8.0, 8.1])
    results = load(factory.write(), "planted")
    figures = "search trials: Softmax 2, RN . Softmax 5, RN . L-Softmax 5"
    with pytest.raises(AnalysisError, match=figures):
        table(results)
    allowed = table(results, allow_unequal=True)
    assert "†" in allowed.notes[0]
    assert allowed.options == {"allow_unequal": True}
    assert [m.value for m in cell(allowed, "Softmax", "error").marks] == ["unequal"]
    assert not cell(allowed, "RN + Softmax", "error").marks


def test_searches_of_equal_time_are_equal(factory: StudyFactory) -> None:
    factory.document["budget"] = {"trials": 9, "seconds": 60.0}
    searched(factory, {"Softmax": 2, "RN + Softmax": 5})
    for arm in factory.arms:
        factory.replicates(arm, [8.0, 8.1])
    assert not any(note.startswith("†") for note in built(factory, "general").notes)


def test_searches_that_are_under_way_are_not_unequal(factory: StudyFactory) -> None:
    searched(factory, {"Softmax": 2, "RN + Softmax": 5})
    (note,) = built(factory, "general").notes
    assert note.startswith("All arms: dataset mnist, network mnist-2d, steps 10000")


def confirmed(
    factory: StudyFactory, searched: dict[str, str], arms: dict[str, dict[str, object]]
) -> None:
    """Search every arm but Softmax, for the given settings; confirm all."""
    for arm, difference in arms.items():
        factory.arm(arm, difference, {} if arm == "Softmax" else searched)
        for number in range(0 if arm == "Softmax" else 4):
            factory.trial(arm, number, {"val.error": 9.0}, phase="search")
        factory.replicates(arm, [8.0, 8.1])


def test_an_arm_with_nothing_to_search_may_stand_beside_searched_ones(
    factory: StudyFactory,
) -> None:
    """Plain softmax has no λ, whatever the base says of an incay that is off."""
    off = {"incay.form": "reciprocal", "incay.weight": 0.0}
    arms = {"Softmax": off, "RN + Softmax": RN}
    confirmed(factory, {"incay.weight": "log 1e-3 .. 1e3"}, arms)
    shown = built(factory, "general")
    assert shown.notes[0] == (
        "Not searched, having none of the searched settings (incay.weight): Softmax. What "
        "choosing these gained the others is part of the differences."
    )
    assert not any(cell.marks for _, _, cell in shown.cells())
    assert shown.options == {}


def test_an_arm_that_could_have_been_searched_is_unequal(factory: StudyFactory) -> None:
    searched = {"incay.weight": "log 1e-3 .. 1e3", "optimizer.weight_decay": "log 1e-5 .. 1e-2"}
    confirmed(factory, searched, {"Softmax": {}, "RN + Softmax": RN, "RN + Hinge": RN})
    with pytest.raises(AnalysisError, match=r"Softmax 0, RN \+ Softmax 4"):
        built(factory, "general")
    allowed = table(load(factory.store, "planted"), allow_unequal=True)
    assert {m.value for m in cell(allowed, "Softmax", "error").marks} == {"unequal"}


def test_searched_arms_are_held_to_one_budget_beside_one_with_nothing_to_search(
    factory: StudyFactory,
) -> None:
    space = {"incay.weight": "log 1e-3 .. 1e3"}
    confirmed(factory, space, {"Softmax": {}, "RN + Softmax": RN, "RN + L-Softmax": RN})
    factory.trial("RN + Softmax", 4, {"val.error": 9.0}, phase="search")
    with pytest.raises(AnalysisError, match=r"\(search trials: RN . Softmax 5, RN . L-Softmax 4\)"):
        built(factory, "general")


@pytest.mark.parametrize(
    ("config", "name", "has"),
    [
        ({"incay": {"form": "none", "weight": 1.0}}, "incay.gate", False),
        ({"incay": {"form": "log", "weight": 0.0}}, "incay.weight", False),
        ({"incay": {"form": "log", "weight": 0.1}}, "incay.threshold", True),
        ({"loss": {"name": "softmax"}}, "loss.margin", False),
        ({"loss": {"name": "l-softmax", "margin": 4}}, "loss.margin", True),
        ({"steps": 300}, "steps", True),
        ({"steps": 300}, "optimizer.lr", False),
        ({}, "optimizer.lr", True),
    ],
)
def test_which_settings_a_configuration_has(
    config: dict[str, object], name: str, has: bool
) -> None:
    assert has_setting(config, name) is has


def test_unequal_steps_are_refused_within_a_data_set(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"steps": 100})
    factory.arm("RN + Softmax", {**RN, "steps": 200})
    factory.arm("Softmax, CIFAR10", {**CIFAR10, "steps": 900})
    with pytest.raises(AnalysisError, match=r"steps per trial: Softmax 100, RN \+ Softmax 200\)"):
        built(factory, "general")


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({"dataset.name": "digits"}, "measured on digits, published on MNIST"),
        ({"network.name": "mnist"}, "measured with network mnist, the paper's is mnist-2d"),
        ({"network.width": 0.5}, "measured with 0.5 times the paper's channels"),
        ({"steps": 300}, "measured after 300 of the paper's 10,000 steps"),
    ],
)
def test_unlike_things_get_no_verdict(
    factory: StudyFactory, difference: dict[str, object], said: str
) -> None:
    like = {"steps": 10_000}
    factory.arm("Softmax", {**like, **difference})
    factory.replicates("Softmax", [11.4, 11.3, 11.35])
    accuracy = cell(built(factory, "paper-b-table-2"), "Softmax", "accuracy")
    assert accuracy.published is not None
    assert accuracy.published.verdict is None
    assert accuracy.notes == (f"Not of the same thing: {said}.",)


def test_each_column_of_error_rates_has_its_own_network_and_steps(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"network.name": "mnist-2d", "steps": 60})
    factory.replicates("Softmax", [0.35, 0.36, 0.34])
    error = cell(built(factory, "paper-a-table-2"), "Softmax", "MNIST")
    assert error.published is not None
    assert error.published.verdict is None
    assert error.notes == (
        "Not of the same thing: measured with network mnist-2d, the paper's is mnist.",
        "Not of the same thing: measured after 60 of the paper's 10,000 steps.",
    )


def test_like_things_get_a_verdict(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"steps": 10_000, "network.width": 1.0})
    factory.replicates("Softmax", [11.4, 11.3, 11.35], [100.0, 110.0, 90.0])
    shown = built(factory, "paper-b-table-2")
    verdicts = [cell(shown, "Softmax", key).published for key in ("accuracy", "norm")]
    assert [each and each.verdict for each in verdicts] == ["reproduced", "different"]


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ((0.1, 0.1), ""),
        ((0.01, 0.01), "Trained from a learning rate of 0.01, the paper from 0.1"),
        ((0.1, 0.05), "Trained from a learning rate of 0.05, the paper from 0.1"),
    ],
)
def test_verdicts_tell_of_another_learning_rate(
    factory: StudyFactory, rates: tuple[float, float], said: str
) -> None:
    for arm, rate in zip(("Softmax", "L-Softmax"), rates, strict=True):
        factory.arm(arm, {"steps": 10_000, "optimizer.lr": rate})
        factory.replicates(arm, [11.4, 11.3, 11.35])
    notes = [note for note in built(factory, "paper-b-table-2").notes if "Trained from" in note]
    assert [note.partition(":")[0] for note in notes] == ([said] if said else [])


def test_planted_cases_come_out_so(factory: StudyFactory) -> None:
    """Published: 88.62 (softmax), 89.44 (RN + softmax), 89.91 (L-softmax), within 1 point."""
    planted = {
        "Softmax": ([11.4, 11.3, 11.5], "reproduced"),
        "RN + Softmax": ([5.0, 5.2, 5.1], "different"),
        "L-Softmax": ([7.0, 12.0, 11.0], "undecided"),
    }
    for arm, (errors, _) in planted.items():
        factory.arm(arm, RN if arm.startswith("RN") else {})
        factory.replicates(arm, errors)
    shown = built(factory, "paper-b-table-2")
    verdicts = {arm: cell(shown, arm, "accuracy").published for arm in planted}
    assert {arm: each and each.verdict for arm, each in verdicts.items()} == {
        arm: verdict for arm, (_, verdict) in planted.items()
    }
