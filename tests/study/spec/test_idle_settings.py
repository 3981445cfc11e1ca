"""Settings that change nothing: told in a base, refused where they are all that differs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from incay.study.errors import StudyError
from incay.study.spec.arms.idle import computed, idle, idle_told
from incay.study.spec.arms.stopping import can_stop, stopping_told
from incay.study.spec.catalog import built_in_studies, find_study
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.config import TrialConfig
from incay.trainables.names import NEEDS, flatten, matters, nest
from incay.trainables.schedules.cosine import CosineSettings
from incay.trainables.settings import to_dict


def parse(base: dict[str, Any], **values: Any) -> StudySpec:
    given = {"name": "t", "base": nest({"steps": 100, "reports": 10, **base}), **values}
    document = Document("study.yaml", copy.deepcopy(given))
    apply_overrides(document, [])
    return parse_study(document)


def refusal(base: dict[str, Any], **values: Any) -> str:
    with pytest.raises(StudyError) as caught:
        parse(base, **values)
    return str(caught.value)


IDLE = {
    "average.decay": (0.5, "average.name is none"),
    "early_stopping.patience": (2, "early_stopping.metric is none"),
    "augment.mix.alpha": (0.3, "augment.mix.name is none"),
    "augment.erasing.min_area": (0.1, "augment.erasing.probability is 0.0"),
    "augment.resized_crop.max_ratio": (2.0, "augment.resized_crop.min_area is 0.0"),
    "optimizer.lr_base_batch": (512, "optimizer.lr_rule is none"),
    "schedule.patience": (7, "schedule.kind is step"),
}


@pytest.mark.parametrize("name", IDLE)
def test_it_is_told_in_a_base(name: str) -> None:
    value, why = IDLE[name]
    assert idle_told(parse({name: value}).arms) == [f"without effect: {name} ({why})"]


@pytest.mark.parametrize("name", IDLE)
def test_an_arm_that_differs_in_nothing_else_is_refused(name: str) -> None:
    arms = {"A": {}, "B": nest({name: IDLE[name][0]})}
    assert "arms must differ, but 'B' is 'A' with another name" in refusal({}, arms=arms)


def test_a_base_may_hold_it_for_arms_that_turn_it_on() -> None:
    arms = {"A": {}, "B": {"average": {"name": "ema"}}}
    spec = parse({"average.decay": 0.5}, arms=arms)
    assert idle_told(spec.arms) == []
    assert spec.arms[1].config.average.decay == 0.5


def test_a_search_that_changes_nothing_is_refused() -> None:
    search = {"all arms": {"average.decay": "0.5 .. 0.99"}}
    assert refusal({}, search=search) == (
        "study.yaml: search.all arms.average.decay: average.decay must not be searched where it "
        "changes nothing, but in 'Base' average.name is none"
    )
    search["all arms"]["average.name"] = ["none", "ema"]  # type: ignore[assignment]
    assert idle_told(parse({"average.start": 0.5}, search=search).arms) == []
    own = {"B": {"average.decay": "0.5 .. 0.99"}}
    arms = {"A": {}, "B": {"average": {"name": "ema"}}}
    assert parse({}, arms=arms, search=own).arms[1].search == own["B"]


def test_it_does_not_matter_and_is_left_out_of_what_is_computed() -> None:
    base = nest({"average.decay": 0.5, "optimizer.lr_base_batch": 64})
    config = parse(flatten(base)).arms[0].config
    assert set(idle(config)) == {"average.decay", "optimizer.lr_base_batch"}
    assert not matters(to_dict(config), "average.decay")
    assert matters(to_dict(config), "optimizer.lr")
    assert computed(config).average.decay == 0.999
    assert idle(computed(config)) == {}


def test_each_is_a_setting_of_a_trial() -> None:
    configs = (TrialConfig(), TrialConfig(schedule=CosineSettings()))
    names = {name for config in configs for name in flatten(to_dict(config))}
    assert [name for name in NEEDS if name not in names] == []
    assert [switch for switch, _ in NEEDS.values() if switch not in names] == []


@pytest.mark.parametrize("study", built_in_studies(), ids=lambda path: path.stem)
def test_no_built_in_study_has_any(study: Any) -> None:
    assert idle_told(parse_study(find_study(study.stem)).arms) == []


def test_a_rate_that_never_falls_is_told() -> None:
    base = {"schedule.kind": "plateau", "schedule.patience": 9}
    (told,) = idle_told(parse(base).arms)
    assert told.startswith("the learning rate of 'Base' never falls")
    assert idle_told(parse({**base, "schedule.patience": 8}).arms) == []


@pytest.mark.parametrize(("patience", "can"), [(8, True), (9, False)])
def test_patience_for_which_there_are_too_few_reports_is_told(patience: int, can: bool) -> None:
    base = {"early_stopping.metric": "val.loss", "early_stopping.patience": patience}
    (arm,) = parse(base).arms
    assert can_stop(arm) == can
    assert len(stopping_told([arm])) == (1 if can else 2)
    if not can:
        assert stopping_told([arm])[1] == (
            "with reports=10 and early_stopping.patience=9 no trial of 'Base' ends early; it keeps "
            "the weights of its best report"
        )
