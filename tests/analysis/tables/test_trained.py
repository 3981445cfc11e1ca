"""Tables say what was trained, and where a row's name says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from built_tables import CIFAR10, built
from study_factory import RN, StudyFactory, incay

from incay.analysis import compare, load, table
from incay.analysis.tables.layouts.notes.contradictions import contradictions
from incay.trainables.store.kept import Choice, KeptModel

DEFAULTS = {"dataset.folder": "images", "dataset.size": None, "optimizer.weight_decay": 0.0005}
FOLDER = {
    "dataset.name": "image_folder",
    "dataset.folder": "birds",
    "dataset.size": [32, 32],
    "network.weights": "birds.pth",
    "loss.name": "hinge",
    "loss.margin": 2.0,
}


def notes(factory: StudyFactory, name: str = "general") -> str:
    return "\n".join(built(factory, name).notes)


@pytest.mark.parametrize("name", ["general", "comparisons", "paper-b-table-2"])
def test_all_that_arms_share_and_is_not_the_default_is_told(
    factory: StudyFactory, name: str
) -> None:
    factory.document["defaults"] = DEFAULTS
    factory.arm("Softmax", FOLDER)
    factory.arm("RN", {**FOLDER, **RN})
    factory.replicates("Softmax", [8.0, 9.0])
    factory.replicates("RN", [8.5, 9.2])
    told = notes(factory, name)
    for words in (
        "All arms: dataset image_folder",
        "dataset.folder birds",
        "dataset.size [32, 32]",
        "network.weights birds.pth",
        "loss hinge",
        "loss.margin 2",
        "batch_size 128",
    ):
        assert words in told
    assert "weight_decay" not in told  # the default
    assert "The name of Softmax says loss softmax, but it was trained with loss hinge." in told


def test_books_without_defaults_tell_all_that_is_known(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    assert "optimizer.weight_decay 0.0005" in notes(factory)


def test_the_baseline_says_what_the_others_differ_from(factory: StudyFactory) -> None:
    factory.arm("Plain", {"loss.name": "hinge"})
    factory.arm("Margin", {"loss.name": "l-softmax"})
    assert "Plain, from which the others differ: loss hinge." in notes(factory)


@pytest.mark.parametrize(
    ("name", "difference", "said"),
    [
        ("Softmax", {"loss.name": "hinge"}, "loss softmax, but it was trained with loss hinge"),
        ("RN + Softmax", {**RN, "loss.name": "l-softmax"}, "loss softmax"),
        ("Tuned softmax loss", {"loss.name": "coco"}, "loss softmax"),
        ("L-Softmax", {}, "loss l-softmax"),
        (
            "ArcFace m=0.5",
            {"loss.name": "hinge"},
            "loss arcface, but it was trained with loss hinge",
        ),
        ("CIFAR-10 softmax", {"loss.name": "hinge"}, "loss softmax, but it was"),
        ("CIFAR-10 softmax", {}, "dataset cifar10, but it was"),
        ("RN-softmax", {**RN, "loss.name": "hinge"}, "loss softmax"),
        ("AM-Softmax", {}, "loss cosface"),
        ("Softmax λ = 0.1", {**RN, "loss.name": "hinge"}, "loss softmax"),
        ("RN + L-Softmax λ=0.1", RN, "loss l-softmax"),
        ("600 steps", {}, "steps 600"),
        ("Softmax, 600 steps", {}, "steps 600"),
        ("reciprocal incay", incay(form="log"), "incay of form reciprocal"),
        ("batch 256", {}, "batch_size 256"),
        ("momentum 0.5", {"optimizer.momentum": 0.9}, "optimizer.momentum 0.5"),
        ("SphereFace on CIFAR-10", {**CIFAR10}, "loss a-softmax"),
        ("Softmax, MNIST", {**CIFAR10}, "dataset mnist, but it was trained with dataset cifar10"),
        ("RN + Softmax", {}, "incay of form reciprocal, but it was trained with none"),
        ("RN", incay(form="linear"), "incay of form reciprocal"),
        ("RN, λ = 0.1", incay(0.5), "incay.weight 0.1, but it was trained with incay.weight 0.5"),
        ("RN, λ = 1", incay(0.0), "incay.weight 1"),
        ("m = 4", {"loss.name": "l-softmax", "loss.margin": 2}, "loss.margin 4"),
        ("optimizer.lr=0.1", {"optimizer.lr": 0.2}, "optimizer.lr 0.1"),
    ],
)
def test_a_name_that_says_something_else(
    factory: StudyFactory, name: str, difference: dict[str, Any], said: str
) -> None:
    factory.arm(name, difference)
    factory.replicates(name, [8.0])
    found = contradictions(load(factory.write(), "planted"))
    assert any(said in each for each in found), found


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("Softmax", {}),
        ("RN + Softmax, λ = 0", incay(0.0)),
        ("RN, λ = 0.0014, μ = 0.0052", {**incay(0.0014), "optimizer.weight_decay": 0.0052}),
        ("Softmax + Center Loss", {"loss.name": "center"}),
        ("Large-Margin Softmax", {"loss.name": "l-softmax"}),
        ("A-Softmax, m = 4", {"loss.name": "a-softmax", "loss.margin": 4}),
        ("Softmax on MNIST", {"dataset.name": "image_folder"}),
        ("MNIST: RN + Softmax", RN),
        ("batch size 1,024", {"batch_size": 1024}),
        ("my idea, version 1.2.3", {"loss.name": "own"}),
        ("sparse softmax", {"loss.name": "own"}),
        ("beats softmax", {"loss.name": "own"}),
        ("SV-Softmax", {"loss.name": "own"}),
        ("Softmax, 10,000 steps", {}),
        ("Momentum + RN", RN),
        ("Softmax without momentum", {}),
        ("", {}),
    ],
)
def test_a_name_that_does_not(factory: StudyFactory, name: str, difference: dict[str, Any]) -> None:
    factory.arm(name, difference)
    factory.replicates(name, [8.0])
    assert not contradictions(load(factory.write(), "planted"))


def test_two_studies_say_it_too(tmp_path: Path) -> None:
    studies = []
    for name, loss in (("one", "softmax"), ("other", "hinge")):
        factory = StudyFactory(tmp_path, name)
        factory.arm("Softmax", {"loss.name": loss})
        factory.replicates("Softmax", [8.0])
        studies.append(load(factory.write(), name))
    told = [note for note in compare(*studies).notes if "trained with loss" in note]
    assert told == [
        "other 1a2b3c4d: The name of Softmax says loss softmax, but it was trained with loss hinge."
    ]


def test_kept_networks_are_told_with_how_they_were_chosen(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    kept = {}
    for number in range(4):
        fingerprint = factory.trial("Softmax", number, {"test.error": 8.0 + number})
        factory.store.models.write(fingerprint, b"network")
        kept[fingerprint] = KeptModel(arm="Softmax", number=number, chosen_by=Choice.SEED)
    kept["0" * 20] = KeptModel(arm="Softmax", number=9, chosen_by=Choice.SEED)  # its file is gone
    factory.books.write_models(kept)
    results = load(factory.write(), "planted")
    assert [each.number for each in results.kept] == [0, 1, 2, 3]
    (note,) = (each for each in table(results).notes if each.startswith("Trained networks kept"))
    assert f"Softmax, replicate 0 ({results.kept[0].fingerprint})" in note
    assert note.endswith("and 1 more; chosen by order of seeds.")


def test_a_damaged_list_of_kept_networks_costs_no_table(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0])
    factory.store.write(f"{factory.books.folder}/models.json", b'{"a": {"arm": "Softmax"}}')
    assert "kept cannot be told: " in notes(factory)
