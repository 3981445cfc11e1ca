"""Optimisers and schedules by name: laid over, set on the command line, searched, in epochs."""

from __future__ import annotations

from typing import Any

import pytest

from incay.study.errors import StudyError
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.plan_table import shared_settings
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.optimizers.sgd import SGDSettings
from incay.trainables.schedules.plateau import PlateauSettings


def parse(base: dict[str, Any], *settings: str, **values: Any) -> StudySpec:
    document = Document("study.yaml", {"name": "t", "base": base, **values})
    apply_overrides(document, settings)
    return parse_study(document)


def refusal(base: dict[str, Any], *settings: str, **values: Any) -> str:
    with pytest.raises(StudyError) as caught:
        parse(base, *settings, **values)
    return str(caught.value)


def test_another_optimizer_takes_none_of_the_formers_settings() -> None:
    base = {"optimizer": {"lr": 0.1, "momentum": 0.8}}
    for settings in (
        ("optimizer.name=adamw", "optimizer.weight_decay=0.3"),
        ("optimizer.weight_decay=0.3", "optimizer.name=adamw"),
        ("optimizer=adamw", "optimizer.weight_decay=0.3"),
    ):
        config = parse(dict(base), *settings).arms[0].config
        assert config.optimizer == AdamWSettings(weight_decay=0.3)


def test_the_same_optimizer_by_its_name_keeps_them() -> None:
    base = {"optimizer": {"lr": 0.3, "momentum": 0.8}}
    config = parse(base, "optimizer.name=sgd").arms[0].config
    assert config.optimizer == SGDSettings(lr=0.3, momentum=0.8)


def test_step_and_plateau_keep_each_others_settings_as_ever() -> None:
    base = {"schedule": {"factor": 0.3, "patience": 7}}
    arms = {"One": {}, "Two": {"schedule": {"kind": "plateau"}}}
    assert parse(base, arms=arms).arms[1].config.schedule == PlateauSettings(factor=0.3, patience=7)
    found = parse(base, "schedule.kind=plateau").arms[0].config.schedule
    assert found == PlateauSettings(factor=0.3, patience=7)


def test_an_arm_may_have_an_optimizer_of_its_own() -> None:
    arms = {"SGD": {}, "AdamW": {"optimizer": "adamw"}}
    spec = parse({"optimizer": {"lr": 0.3, "momentum": 0.5}}, arms=arms)
    assert [type(arm.config.optimizer) for arm in spec.arms] == [SGDSettings, AdamWSettings]
    assert spec.arms[1].config.optimizer == AdamWSettings()
    assert spec.arms[1].difference["optimizer.name"] == "adamw"


def test_a_search_over_optimizers_has_ranges_of_some_of_them() -> None:
    search = {
        "all arms": {
            "optimizer.name": ["sgd", "adamw"],
            "optimizer.momentum": {"range": "0.8 .. 0.99", "when": {"optimizer.name": "sgd"}},
            "optimizer.lr": {"range": "log 1e-4 .. 1e-2", "when": {"optimizer.name": "adamw"}},
        }
    }
    spec = parse({"optimizer": {"lr": 0.3}}, search=search, budget={"trials": 4})
    assert next(iter(spec.arms[0].spaces)) == "optimizer.name"
    search["all arms"]["optimizer.momentum"] = "0.8 .. 0.99"
    said = refusal({}, search=search, budget={"trials": 4})
    assert "but adamw has none: {range: …, when: {optimizer.name: sgd}}" in said


def test_a_warm_up_in_epochs_is_steps() -> None:
    base = {"dataset": "mnist", "batch_size": 100, "schedule": {"warmup": "1.5 epochs"}}
    assert parse({**base, "epochs": 10}).arms[0].config.schedule.warmup == 900
    config = parse({**base, "steps": 2000}, "schedule.warmup=2 epochs").arms[0].config
    assert (config.schedule.warmup, config.steps) == (1200, 2000)
    assert parse({**base, "schedule": {"warmup": 1}}).arms[0].config.schedule.warmup == 1


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ({"schedule": {"warmup": "five epochs"}}, "warmup must be"),
        ({"schedule": {"warmup": "0 epochs"}}, "schedule.warmup must be above 0"),
        ({"schedule": {"warmup": 10}, "steps": 10}, "warmup must be below steps=10, but is 10"),
        ({"schedule": "cosin"}, "did you mean 'cosine'?"),
        ({"schedule": {"kind": "sgdr"}}, "did you mean 'cosine'?"),
        ({"optimizer": {"name": "Adam-W"}}, "did you mean 'adamw'?"),
        ({"optimizer": {"max_grad_norm": 1.0}}, "did you mean 'clip_norm'?"),
        ({"optimizer": {"name": "adam", "momentum": 0.9}}, "a key must be one of"),
        ({"optimizer": {"accumulate": 300}}, "optimizer.accumulate <= batch_size=128"),
        ({"optimizer": 3}, "optimizer must be a name, or a mapping with the key 'name'"),
        ({"schedule": 3}, "schedule must be a name, or a mapping with the key 'kind'"),
    ],
)
def test_what_cannot_be_is_refused_with_one_message(base: dict[str, Any], why: str) -> None:
    assert why in refusal(base)


def test_a_plan_says_what_rules_and_shares_come_to() -> None:
    base = {
        "optimizer": {"name": "adamw", "lr_rule": "linear", "lr": 0.002},
        "schedule": {"kind": "cosine", "warmup": 0.1},
        "steps": 500,
        "batch_size": 64,
    }
    said = shared_settings(parse(base), DataCatalog(None))
    assert "optimizer=adamw" in said
    assert "learning rate by that rule=0.0005" in said
    assert "schedule.warmup=0.1 (50 steps, 2.23 epochs)" in said
    base["schedule"] = {"kind": "cosine", "warmup": "2 epochs"}
    assert "schedule.warmup=45 (2 epochs)" in shared_settings(parse(base), DataCatalog(None))
