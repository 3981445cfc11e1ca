"""Arms of unequal budgets are refused beside each other, and which are unequal."""

from __future__ import annotations

import pytest
from built_tables import CIFAR10, built, cell
from study_factory import RN, StudyFactory, incay

from incay.analysis import AnalysisError, load, table
from incay.trainables import names


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
    notes = built(factory, "general").notes
    assert notes[0].startswith("All arms: dataset mnist, network mnist-2d, loss softmax")
    assert "steps 10000" in notes[0]
    assert not any(note.startswith("†") for note in notes)


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
    arms = {"Softmax": incay(0.0), "RN + Softmax": RN}
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
    assert names.matters(config, name) is has


def test_unequal_steps_are_refused_within_a_data_set(factory: StudyFactory) -> None:
    factory.arm("Softmax", {"steps": 100})
    factory.arm("RN + Softmax", {**RN, "steps": 200})
    factory.arm("Softmax, CIFAR10", {**CIFAR10, "steps": 900})
    with pytest.raises(AnalysisError, match=r"steps per trial: Softmax 100, RN \+ Softmax 200\)"):
        built(factory, "general")
