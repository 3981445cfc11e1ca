"""Tables say which arms' margins are left out of their gradients."""

from __future__ import annotations

import pytest
from built_tables import built
from study_factory import StudyFactory

from incay.analysis import load, table

STRAIGHT = {"loss.name": "arcface", "loss.gradient": "straight_through"}


@pytest.fixture
def planted(factory: StudyFactory) -> StudyFactory:
    factory.arm("Softmax")
    factory.arm("ArcFace", STRAIGHT)
    factory.arm("ArcFace, exact", {**STRAIGHT, "loss.gradient": "exact"})
    factory.arm("ArcFace, straight through", STRAIGHT)
    for name in list(factory.arms):
        factory.replicates(name, [2.0, 2.1, 2.3])
    return factory


ARMS = [
    "Softmax",
    "ArcFace (straight-through gradient)",
    "ArcFace, exact",
    "ArcFace, straight through",
]


@pytest.mark.parametrize("name", ["general", "paper-a-table-1", "paper-b-table-2"])
def test_rows_name_the_gradient_that_is_none_of_the_formula(
    planted: StudyFactory, name: str
) -> None:
    shown = built(planted, name)
    rows = [row.name for row in shown.rows if not row.cited]
    assert [each for each in rows if "ArcFace" in each or each == "Softmax"] == ARMS
    (note,) = (note for note in shown.notes if note.startswith("Straight-through gradient"))
    assert "(ArcFace, ArcFace, straight through)" in note


def test_comparisons_and_columns_name_it(planted: StudyFactory) -> None:
    differences = built(planted, "comparisons")
    assert f"{ARMS[1]} − Softmax" in [row.name for row in differences.rows]
    shown = table(load(planted.write(), planted.name), columns=["error"])
    assert [row.name for row in shown.rows] == ARMS


def test_exact_gradients_need_no_word(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.arm("ArcFace", {"loss.name": "arcface", "loss.gradient": "exact"})
    factory.replicates("Softmax", [2.0, 2.1])
    factory.replicates("ArcFace", [2.0, 2.1])
    shown = built(factory, "general")
    assert [row.name for row in shown.rows] == ["Softmax", "ArcFace"]
    assert not [note for note in shown.notes if "traight" in note]
