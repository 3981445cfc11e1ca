"""Every table of both papers, from small studies with planted numbers."""

from __future__ import annotations

import numpy as np
import pytest
from built_tables import CIFAR10, built, cell
from study_factory import RN, StudyFactory, samples_of

from incay.analysis.tables import tables


def test_all_tables_of_both_papers_exist() -> None:
    assert set(tables) == {
        "general",
        "comparisons",
        *("calibration", "columns", "geometry"),
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
            norm = factor * (np.arange(10.0) + number)
            samples = samples_of(label, prediction, norm=norm)
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
