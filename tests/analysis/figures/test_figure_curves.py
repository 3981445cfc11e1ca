"""Curves by iteration are the means of what trials have recorded."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
from study_factory import RN, StudyFactory, drawn_history

from incay.analysis import figure, load
from incay.analysis.results.study import StudyResults

INCAY = {"train.incay": 40.0, "train.loss": 6.3}  # an objective that is not the loss


def test_curves_are_means_over_seeds(confirmed: StudyResults) -> None:
    frame = figure(confirmed, "paper-a-figure-2").to_pandas()
    assert set(frame["metric"]) == {"test.norm", "test.loss", "test.accuracy"}
    assert set(frame["n"]) == {3}
    last = frame[(frame["metric"] == "test.norm") & (frame["arm"] == "Softmax")]["mean"].iloc[-1]
    assert last == pytest.approx(200.0 * (1.0 - math.exp(-3.0)))
    both = figure(confirmed, "paper-a-figure-8").to_pandas()
    assert {"train.norm", "train.cross_entropy"} <= set(both["metric"])


def test_curves_fall_back_to_validation(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    history = [{"step": float(step), "val.error": 9.0 - step} for step in (1, 2)]
    factory.trial("Softmax", 0, {"test.error": 5.0}, history=[*history, {"test.error": 5.0}])
    frame = figure(load(factory.write(), "planted"), "paper-a-figure-2").to_pandas()
    assert list(frame["metric"]) == ["val.accuracy", "val.accuracy"]


def reported(
    factory: StudyFactory, arm: str, difference: dict[str, object], **term: str
) -> list[dict[str, float]]:
    """Add an arm of one trial with incay in its objective; return its reports."""
    history = [{**row, **INCAY} for row in drawn_history(1, 8.0, 100.0, **term)]
    factory.arm(arm, difference)
    factory.trial(arm, 0, {}, history=history)
    return history


def test_training_is_drawn_by_the_term_that_classifies(factory: StudyFactory) -> None:
    """Never by the objective, which holds the incay term."""
    softmax = reported(factory, "RN + Softmax", RN)
    hinge = reported(factory, "RN + Hinge", {**RN, "loss.name": "hinge"}, term="hinge")
    made = figure(load(factory.write(), "planted"), "paper-a-figure-8")
    frame = pd.read_csv(io.BytesIO(made.render("csv")))
    assert "train.loss" not in set(frame["metric"])
    for arm, history, metric in (
        ("RN + Softmax", softmax, "train.cross_entropy"),
        ("RN + Hinge", hinge, "train.hinge"),
    ):
        drawn = frame[(frame["arm"] == arm) & frame["metric"].isin([metric, "train.loss"])]
        assert drawn["mean"].to_list() == [row[metric] for row in history]
        assert drawn["step"].to_list() == [row["step"] for row in history]
    assert made.draw().axes[2].get_title() == "(c) classification loss"


def test_a_panel_of_cross_entropy_alone_says_so(confirmed: StudyResults) -> None:
    for name, panel in (("paper-a-figure-8", 2), ("paper-a-figure-2", 1)):
        title = figure(confirmed, name).draw().axes[panel].get_title()
        assert title.endswith(") softmax loss")


def test_an_arm_without_a_term_that_classifies_has_no_curve_of_it(factory: StudyFactory) -> None:
    reported(factory, "Softmax", {})
    factory.arm("own loss", {"loss.name": "own"})
    history = [
        {name: value for name, value in row.items() if name != "train.cross_entropy"}
        for row in drawn_history(2, 9.0, 100.0)
    ]
    factory.trial("own loss", 0, {}, history=history)
    made = figure(load(factory.write(), "planted"), "paper-a-figure-8")
    frame = made.to_pandas()
    assert set(frame[frame["arm"] == "own loss"]["metric"]) == {
        "test.accuracy",
        "test.norm",
        "test.loss",
        "train.norm",
    }
    loss = made.draw().axes[2]
    assert [line.get_label() for line in loss.lines] == ["Softmax", "own loss", "Softmax, training"]
