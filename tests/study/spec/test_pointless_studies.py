"""Studies that could be trained and would tell nothing are refused before they cost anything."""

from __future__ import annotations

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import Document
from incay.study.spec.study import StudySpec, parse_study

RN = {"incay": {"form": "reciprocal", "weight": 1}}
WEIGHT_DECAY = {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}


def parse(**values: object) -> StudySpec:
    return parse_study(Document("s.yaml", {"name": "t", "base": {"steps": 100}, **values}))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"search": {"all arms": WEIGHT_DECAY}, "objective": {"mode": "max"}},
            "objective.mode: must be min for val.error, as less of it is better, but is max",
        ),
        (
            {"search": {"all arms": WEIGHT_DECAY}, "objective": {"also": {"val.loss": "max"}}},
            "objective.also: must be min for val.loss",
        ),
        ({"search": {"all arms": {"steps": "10 .. 20"}}}, "steps must not be searched: all trials"),
        ({"search": {"all arms": {"reports": "1 .. 5"}}}, "reports must not be searched"),
        (
            {"search": {"all arms": {"dataset.name": ["digits", "mnist"]}}},
            "dataset.name must not be searched: errors on different images cannot be compared",
        ),
        (
            {"search": {"all arms": {"split.validation": "0.1 .. 0.5"}}},
            "split.validation must not be searched",
        ),
        (
            {"arms": {"A": {}, "RN": {"incay": {**RN["incay"], "start_step": 100}}}},
            "incay.start_step must be below steps=100, but is 100",
        ),
        (
            {"arms": {"A": {}, "B": {}}},
            "arms.B: arms must differ, but 'B' is 'A' with another name",
        ),
        (
            {"arms": {"A": {}, "F": RN}, "ablation": {"of": "F", "parts": ["augment"]}},
            "ablation.parts: a part must be one in which 'F' and 'A' differ, but augment is",
        ),
        (
            {"arms": {"A": {}, "RN {incay.weight}": RN}},
            "{incay.weight} in an arm's name must be in its grid, but is in none",
        ),
        (
            {"arms": {"A": {"grid": {"optimizer.lr": [0.1] * 200, "steps": [1] * 51}}}},
            "arms.A.grid: a study must have at most 1,000 arms, but this grid alone has 10,200 "
            "(limits.arms: 10200 allows it)",
        ),
        (
            {"search": {"all arms": {"batch_size": [32, 32.0]}}},
            "a list to search must have distinct values",
        ),
        ({"arms": {"A": {}, "\u3164": RN}}, "must have a character that can be seen"),
        ({"arms": {"A": {}, "\u0301": RN}}, "must have a character that can be seen"),
        ({"arms": {"A": {}, "A\ufe0f": RN}}, "looks like"),
        ({"arms": {"\u00c1": {}, "\u0410\u0301": RN}}, "looks like"),
        ({"factor": "nonsense"}, "factor: a key must be one of augment"),
        ({"factor": "optimiser"}, "factor: did you mean 'optimizer'?"),
        (
            {"base": {"schedule": {"milestones": [0.75, 0.5]}}},
            "milestones must ascend, but are [0.75, 0.5]",
        ),
        ({"base": {"precision": "fp16"}}, "precision must be one of auto, fp32, bf16, but got"),
        ({"arms": {"A": {}, "A/confirm/0": RN}}, "must not end as a trial's, /PHASE/NUMBER"),
        ({"arms": {"A": {}, "\u0410": RN}}, "looks like"),
        ({"arms": {"A": {}, "\uff21": RN}}, "looks like"),
        ({"arms": {"A-b": {}, "A\u2010b": RN}}, "looks like"),
        ({"arms": {"A-b": {}, "A\u2212b": RN}}, "looks like"),
        ({"arms": {"I": {}, "\u04c0": RN}}, "looks like"),
        ({"arms": {"v": {}, "\u03bd": RN}}, "looks like"),
        ({"name": "con"}, "must be no device of Windows"),
    ],
)
def test_a_study_that_would_tell_nothing_is_refused(values, expected):
    with pytest.raises(StudyError) as caught:
        parse(**values)
    assert expected in str(caught.value)


def test_a_weight_of_zero_may_stand_beside_the_baseline():
    arms = {"A": {}, "RN": {"grid": {"incay.weight": [0, 1]}, "incay": {"form": "reciprocal"}}}
    assert len(parse(arms=arms).arms) == 3


def test_images_are_held_out_where_something_is_searched_and_nowhere_else():
    arms = {"A": {}, "RN": RN}
    for given, search, expected in (
        ({}, {}, 0.0),
        ({"split": {"validation": 0.2}}, {}, 0.0),
        ({}, {"all arms": WEIGHT_DECAY}, 0.1),
        ({"split": {"validation": 0.2}}, {"all arms": WEIGHT_DECAY}, 0.2),
    ):
        study = parse(base={"steps": 100, **given}, arms=arms, search=search)
        assert {arm.config.split.validation for arm in study.arms} == {expected}
        assert all("split.validation" not in arm.difference for arm in study.arms)
