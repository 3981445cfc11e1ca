"""What a search has found: what was trained, how trials ended, and what a winner was worth."""

from __future__ import annotations

import pytest
from built_tables import built, cell
from study_factory import RN, StudyFactory

from incay.analysis import figure, load

SPACE = {"incay.threshold": "[none, 3]", "incay.weight": "log 1e-3 .. 1, when threshold is 3"}


def test_a_setting_that_was_not_searched_is_shown_as_trained(factory: StudyFactory) -> None:
    """It is searched under a condition, which the best trial does not meet."""
    factory.arm("RN", RN, SPACE)
    none = {"incay.threshold": "none"}
    factory.trial("RN", 0, {"val.error": 8.0}, phase="search", params=none)
    some = {"incay.threshold": 3.0, "incay.weight": 0.5}
    factory.trial("RN", 1, {"val.error": 9.0}, phase="search", params=some)
    assert cell(built(factory, "general"), "RN", "incay.weight").text == (
        "0.1 (the arm's own, best so far)"
    )
    factory.trial("RN", 0, {"test.error": 8.5}, params=none)
    shown = built(factory, "general")
    assert cell(shown, "RN", "incay.weight").text == "0.1 (the arm's own)"
    assert cell(shown, "RN", "incay.threshold").text == "none"


def test_a_confirmed_setting_is_known_before_its_record(factory: StudyFactory) -> None:
    factory.arm("RN", RN, SPACE)
    factory.trial("RN", 0, status=None, params={"incay.threshold": "none"})
    assert cell(built(factory, "general"), "RN", "incay.weight").text == "0.1 (the arm's own)"


def test_settings_of_a_chosen_optimizer_are_its_own(factory: StudyFactory) -> None:
    """Of one in place of the arm's they begin with its defaults; another's are none of its."""
    space = {
        "optimizer.name": "[sgd, adamw]",
        "optimizer.lr": "log 1e-3 .. 1, when optimizer.name is sgd",
        "optimizer.beta1": "0.8 .. 0.9, when optimizer.name is adam",
    }
    factory.arm("RN", RN, space)
    factory.trial("RN", 0, {"test.error": 8.0}, params={"optimizer.name": "adamw"})
    factory.arm("Other", RN, space)
    factory.trial("Other", 0, {"test.error": 8.0}, params={"optimizer.name": "sgd"})
    shown = built(factory, "general")
    assert "its default" in cell(shown, "RN", "optimizer.lr").text
    assert "the arm's own" in cell(shown, "Other", "optimizer.lr").text
    assert cell(shown, "Other", "optimizer.beta1").reason == "no setting of what was chosen"


def test_figures_take_the_weight_that_was_trained(factory: StudyFactory) -> None:
    factory.arm("RN", RN, SPACE)
    for number in range(3):
        none = {"incay.threshold": "none"}
        factory.trial("RN", number, {"val.error": 8.0}, phase="search", params=none)
    some = {"incay.threshold": 3.0, "incay.weight": 0.5}
    factory.trial("RN", 3, {"val.error": 7.0}, phase="search", params=some)
    factory.trial("RN", 0, {"test.error": 7.5}, params=some)
    rows = figure(load(factory.write(), "planted"), "weight-response").to_pandas()
    trials = rows[rows["kind"] == "trial"]
    assert trials["weight"].to_list() == [0.1, 0.1, 0.1, 0.5]


@pytest.mark.parametrize(
    ("endings", "reason"),
    [
        (["diverged"] * 3, "no search trial completed: diverged 3 of 3"),
        (
            ["pruned", "diverged", "failed"],
            "no search trial completed: pruned 1 of 3, diverged 1 of 3, failed 1 of 3",
        ),
        (["diverged", "diverged", None], "pending: 2 of 3 search trials done"),
        (["diverged", "interrupted", "pruned"], "pending: 2 of 3 search trials done"),
        (["diverged", "completed", "pruned"], "pending: 3 of 3 search trials done"),
    ],
)
def test_endings_of_a_search_are_not_called_pending(
    factory: StudyFactory, endings: list[str | None], reason: str
) -> None:
    factory.arm("Bad", {}, {"optimizer.weight_decay": "log 1e-5 .. 1e-2"})
    for number, status in enumerate(endings):
        params = {"optimizer.weight_decay": 1e-3}
        values = {"val.error": 9.0} if status == "completed" else {}
        factory.trial("Bad", number, values, phase="search", status=status, params=params)
    shown = built(factory, "general")
    assert cell(shown, "Bad", "error").reason == reason
    if reason.startswith("no"):
        assert cell(shown, "Bad", "optimizer.weight_decay").reason == reason


def test_an_arm_whose_reference_gave_no_norm_is_not_pending(factory: StudyFactory) -> None:
    factory.document["replicates"] = 2
    factory.arm("Softmax")
    factory.arm("RN", {**RN, "incay.threshold": "2 x arm:Softmax"})
    factory.trial("Softmax", 0, status="diverged")
    factory.trial("Softmax", 1, status=None)
    assert cell(built(factory, "general"), "RN", "error").reason == "pending 2 of 2"
    factory.trials.pop()
    factory.trial("Softmax", 1, status="diverged")
    reason = "not trained, as Softmax has diverged 2 of 2"
    assert cell(built(factory, "general"), "RN", "error").reason == reason


def test_a_winners_validation_score_stands_beside_its_test(factory: StudyFactory) -> None:
    factory.arm("Softmax", {}, {"optimizer.lr": "log 1e-3 .. 1"})
    factory.arm("Fixed", {"loss.name": "hinge"})
    for number, (error, rate) in enumerate(((60.0, 0.1), (54.9, 0.2), (70.0, 0.3))):
        params = {"optimizer.lr": rate}
        factory.trial("Softmax", number, {"val.error": error}, phase="search", params=params)
    assert "gap" not in {column.key for column in built(factory, "general").columns}
    for number, error in enumerate((67.0, 68.6)):
        params = {"optimizer.lr": 0.2}
        factory.trial("Softmax", number, {"test.error": error}, params=params)
    factory.document["budget"] = {"trials": 3, "seconds": 60}
    factory.replicates("Fixed", [50.0])
    shown = built(factory, "general")
    assert [column.title for column in shown.columns if column.key in ("validated", "gap")] == [
        "winner's validation error",
        "validation → test",
    ]
    validated, gap = (cell(shown, "Softmax", key) for key in ("validated", "gap"))
    assert validated.value == 54.9
    assert validated.fingerprints == (factory.trials[1]["fingerprint"],)
    assert gap.value == pytest.approx(12.9)
    assert any(note.startswith("validation → test: ") for note in shown.notes)
    (fixed,) = (row for row in shown.rows if row.name == "Fixed")
    assert "gap" not in fixed.cells


def test_what_a_winner_was_chosen_by_stands_beside_its_error(factory: StudyFactory) -> None:
    factory.document["objective"] = {"metric": "val.nll", "mode": "min"}
    factory.arm("Softmax", {}, {"optimizer.lr": "log 1e-3 .. 1"})
    for number, (error, nll, rate) in enumerate(((60.0, 0.5, 0.1), (54.9, 0.9, 0.2))):
        values = {"val.error": error, "val.nll": nll}
        params = {"optimizer.lr": rate}
        factory.trial("Softmax", number, values, phase="search", params=params)
    factory.trial("Softmax", 0, {"test.error": 61.0}, params={"optimizer.lr": 0.1})
    shown = built(factory, "general")
    assert "winner's val.nll" in [column.title for column in shown.columns]
    assert cell(shown, "Softmax", "chosen").value == 0.5
    assert cell(shown, "Softmax", "validated").value == 60.0
    (note,) = (note for note in shown.notes if note.startswith("validation → test: "))
    assert "Its val.nll, by which it was chosen, is the best of all search trials" in note
    assert "on the validation split by least val.nll and frozen" in shown.protocol


def test_no_number_of_the_objective_is_told(factory: StudyFactory) -> None:
    factory.document["objective"] = {"metric": "val.nll", "mode": "min"}
    factory.arm("Softmax", {}, {"optimizer.lr": "log 1e-3 .. 1"})
    params = {"optimizer.lr": 0.1}
    name = factory.trial("Softmax", 0, {"val.error": 9.0}, phase="search", params=params)
    reason = "no search trial has a number for val.nll"
    assert cell(built(factory, "general"), "Softmax", "error").reason == reason
    factory.lack(name, "val.nll", "ValueError: mine")
    told = cell(built(factory, "general"), "Softmax", "error").reason
    assert told == f"{reason}: ValueError: mine"


def test_a_winner_that_is_one_of_equals_is_told(factory: StudyFactory) -> None:
    factory.arm("Softmax", {}, {"optimizer.lr": "log 1e-3 .. 1"})
    for number, (error, rate) in enumerate(((5.0, 0.1), (2.5, 0.2), (2.5, 0.3), (2.5, 0.4))):
        params = {"optimizer.lr": rate}
        factory.trial("Softmax", number, {"val.error": error}, phase="search", params=params)
    factory.trial("Softmax", 0, {"test.error": 3.0}, params={"optimizer.lr": 0.2})
    notes = built(factory, "general").notes
    assert any("earliest was confirmed: Softmax (3 of 4)" in note for note in notes)
