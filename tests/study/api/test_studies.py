"""Studies of plain Python values: read, checked and hashed as a file's."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import incay
from incay.study.api.opening import setting_texts
from incay.study.api.study import Study
from incay.study.errors import UserError
from incay.study.spec.catalog import built_in_studies
from incay.study.spec.header import SECTIONS, Header
from incay.study.spec.reading.document import load_document, parse_value
from incay.study.spec.study import parse_study

BASE: dict[str, Any] = {
    "dataset": "digits",
    "network": {"name": "mnist-2d", "width": np.float64(0.3), "dimension": np.int64(4)},
    "optimizer.lr": 1e-05,
    "steps": 12,
    "reports": 3,
    "batch_size": 32,
    "precision": "fp32",
}
ARMS: dict[str, Any] = {
    "Softmax": None,
    "RN, 1e-3": {"incay": {"form": "reciprocal", "weight": 1e-3}},
}


def study(**changes: Any) -> Study:
    return Study(
        **{"name": "tiny", "base": BASE, "arms": ARMS, "confirm": {"seeds": (1, 2)}, **changes}
    )


def test_its_keys_are_those_of_a_study_file() -> None:
    assert set(inspect.signature(Study).parameters) == {*Header.model_fields, *SECTIONS}


def test_a_saved_study_is_the_same_study(tmp_path: Path) -> None:
    made = study(
        question="Does it: help?", search={"all arms": {"optimizer.lr": "log 1e-5 .. 1e-2"}}
    )
    saved = load_document(made.save(tmp_path / "new" / "tiny.yaml"))
    assert saved.values == made.document().values
    assert saved.run == made.document().run
    assert Study.from_file(tmp_path / "new" / "tiny.yaml").to_yaml() == made.to_yaml()
    assert parse_study(made.document()).confirm_seeds == (1, 2)


@pytest.mark.parametrize("path", built_in_studies(), ids=lambda path: path.stem)
def test_every_built_in_study_can_be_said_in_python(path: Path) -> None:
    values = load_document(path).values
    assert Study(**values).document().values == values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"arms": {"RN": {"loss": "softmx"}}},
            "Study(arms['RN'].loss): arms.RN.loss: loss must be",
        ),
        (
            {"base": {"steps": "many"}},
            "Study(base.steps): base.steps: steps must be a whole number",
        ),
        ({"name": "Tiny"}, "Study(name): name: must be 1 to 80 lower-case"),
        ({"base": {"loss": object()}}, "Study(base.loss): a value must be text, a number"),
        ({"base": {1: 2}}, "Study(base): a key must be text, but got 1"),
        ({"base": {"optimizer.lr": 1, "optimizer": {"lr": 2}}}, "must be given once"),
        (
            {"search": {"all arms": {"optimizer.lr": "log 5"}}},
            "Study(search['all arms'].optimizer.lr)",
        ),
        ({"base": {"optimizer.lr": float("nan")}}, "lr > 0 and finite must hold, but got nan"),
        ({"arms": {"a\x07": {}}}, "must hold no control character"),
        (
            {"confirm": {"seeds": [3, 3]}},
            "Study(confirm.seeds): confirm.seeds: seeds must be distinct",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_study(study(**changes).document())
    assert message in str(raised.value)


def test_values_within_themselves_are_refused() -> None:
    base: dict[str, Any] = {}
    base["base"] = base
    with pytest.raises(UserError, match="nested at most"):
        study(base=base)


@pytest.mark.parametrize(
    "value", [300, 1e-05, "softmax", "1e-3", [1, 2], None, True, {"name": "coco"}]
)
def test_a_change_is_read_as_the_value_that_it_is(value: object) -> None:
    (text,) = setting_texts({"base.steps": value})
    assert parse_value(text.partition("=")[2], "set", ("base", "steps")) == value


def test_a_plan_counts_and_prints(tmp_path: Path) -> None:
    plan = incay.plan(study(), results=tmp_path, set={"steps": 20}, seeds=3, probe=False)
    assert (plan.trials, plan.steps, plan.finished, plan.estimate) == (6, 120, 0, None)
    assert [row.arm for row in plan.arms] == list(plan.to_pandas()["arm"]) == list(ARMS)
    assert "6 trials, 120 steps in all" in str(plan)
    assert "<td>RN, 1e-3</td>" in plan._repr_html_()
