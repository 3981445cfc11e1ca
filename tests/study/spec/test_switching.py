"""Another optimiser or schedule for a whole study: what arms and searches ask goes along."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from in_process import incay

from incay.study.errors import StudyError
from incay.study.spec.catalog import built_in_studies, find_study
from incay.study.spec.reading.document import Document, load_document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.names import nest
from incay.trainables.optimizers import optimizers
from incay.trainables.optimizers.adamw import AdamWSettings
from incay.trainables.schedules import schedules
from incay.trainables.schedules.cosine import CosineSettings

STUDIES = [path.stem for path in built_in_studies()]
TODAY = ("optimizer.name=adamw", "schedule.kind=cosine", "schedule.warmup=0.05")
MOMENTUM = {"Plain": {}, "Momentum": nest({"optimizer.momentum": 0.9})}


def changed(study: str, *settings: str) -> StudySpec:
    document = find_study(study)
    apply_overrides(document, settings)
    return parse_study(document)


def parse(*settings: str, base: dict[str, Any] | None = None, **values: Any) -> StudySpec:
    given = {"optimizer": {"lr": 0.3, "momentum": 0.5}} if base is None else base
    document = Document("study.yaml", copy.deepcopy({"name": "t", "base": given, **values}))
    apply_overrides(document, settings)
    return parse_study(document)


def refusal(*settings: str, **values: Any) -> str:
    with pytest.raises(StudyError) as caught:
        parse(*settings, **values)
    return str(caught.value)


@pytest.mark.parametrize("study", STUDIES)
def test_every_built_in_study_takes_a_recipe_of_today(study: str) -> None:
    before, spec = parse_study(find_study(study)), changed(study, *TODAY)
    assert len(spec.arms) == len(before.arms)
    for arm, old in zip(spec.arms, before.arms, strict=True):
        assert isinstance(arm.config.optimizer, AdamWSettings)
        assert arm.config.schedule == CosineSettings(warmup=0.05)
        assert arm.config.loss == old.config.loss
        assert arm.config.incay == old.config.incay
        assert len(arm.search) == len(old.search)


@pytest.mark.parametrize("study", STUDIES)
def test_every_built_in_study_takes_every_optimizer_and_schedule(study: str) -> None:
    for name in optimizers:
        names = {arm.config.optimizer.name for arm in changed(study, f"optimizer={name}").arms}
        assert names == {name}
    for kind in schedules:
        names = {arm.config.schedule.name for arm in changed(study, f"schedule={kind}").arms}
        assert names == {kind}


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("recipe", ["cifar-adamw", "cifar-sgd-swa", "mnist-adam"])
def test_every_built_in_study_takes_a_recipe_by_name(study: str, recipe: str) -> None:
    spec = changed(study, f"recipe={recipe}")
    named = {(each.optimizer.name, each.schedule.name) for each in (a.config for a in spec.arms)}
    assert len(named) == 1
    assert ("sgd", "step") not in named


@pytest.mark.parametrize("name", ["adam", "adamw", "lion"])
def test_the_quickstart_asks_of_momentum_by_its_new_name(name: str) -> None:
    spec = changed("quickstart", f"optimizer.name={name}")
    values = {arm.name: arm.config.optimizer.beta1 for arm in spec.arms}  # type: ignore[attr-defined]
    assert values == {
        "Softmax": 0.0,
        "Momentum + RN": 0.9,
        "Momentum + RN without incay": 0.9,
        "Momentum + RN without optimizer.beta1": 0.0,
    }


def test_the_plan_of_the_quickstart_tells_it(tmp_path: Path) -> None:
    asked = [part for text in TODAY for part in ("--set", text)]
    done = incay("plan", "quickstart", "--no-probe", "--results", str(tmp_path), *asked)
    assert done.code == 0, done.err
    assert (
        "optimizer adamw in place of sgd: the base's settings of sgd are left out (lr, momentum, "
        "weight_decay); optimizer.momentum is taken for its optimizer.beta1, 0 in the base; what "
        "arms and searches say of optimizer.weight_decay stays\n"
    ) in done.out
    assert "schedule cosine in place of step: the base's settings of step are left out" in done.out


def test_rates_of_arms_stay_and_are_told() -> None:
    spec = changed("incay-learning-rate", *TODAY)
    assert {arm.config.optimizer.lr for arm in spec.arms} == {0.001, 0.01, 0.03}
    told = spec.document.switched["optimizer"]
    assert told.endswith("what arms and searches say of optimizer.lr stays")


def test_what_overrides_say_comes_before_what_goes_along() -> None:
    for settings in (
        ("optimizer.name=adamw", "optimizer.lr=0.02"),
        ("optimizer.lr=0.02", "optimizer=adamw"),
        ("optimizer={name: adamw, lr: 0.02}",),
    ):
        plain, other = parse(*settings, arms=MOMENTUM).arms
        assert plain.config.optimizer == AdamWSettings(lr=0.02, beta1=0.5)
        assert other.config.optimizer == AdamWSettings(lr=0.02, beta1=0.9)
    set_too = parse("optimizer.name=adamw", "arms.Momentum.optimizer.beta1=0.8", arms=MOMENTUM)
    assert set_too.arms[1].config.optimizer == AdamWSettings(beta1=0.8)
    mapped = parse("optimizer={name: adamw, beta1: 0.7}", arms=MOMENTUM)
    assert mapped.arms[0].config.optimizer == AdamWSettings(beta1=0.7)


def test_searches_factors_and_grids_go_along() -> None:
    search = {"all arms": {"optimizer.momentum": "0.5 .. 0.95"}}
    (arm,) = parse("optimizer.name=adam", search=search).arms
    assert arm.search == {"optimizer.beta1": "0.5 .. 0.95"}
    arms = {"A": {}, "B": {"grid": nest({"optimizer.momentum": [0.8, 0.9]})}}
    spec = parse("optimizer.name=adam", arms=arms, factor="optimizer.momentum")
    assert [arm.name for arm in spec.arms] == [
        "A",
        "B optimizer.beta1=0.8",
        "B optimizer.beta1=0.9",
    ]
    assert spec.header.factor == "optimizer.beta1"


def test_arms_that_share_a_mapping_go_along_together(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("""\
name: t
base: {dataset: digits}
arms:
  A: {}
  B: &b {optimizer: &o {momentum: 0.5}}
  C: {optimizer: *o, batch_size: 64}
  D: {<<: *b, batch_size: 32}
factor: [batch_size, optimizer]
""")
    document = load_document(path)
    apply_overrides(document, ["optimizer=adamw"])
    betas = [arm.config.optimizer.beta1 for arm in parse_study(document).arms]  # type: ignore[attr-defined]
    assert betas == [0.9, 0.5, 0.5, 0.5]


def test_ranges_of_several_optimizers_are_left_as_they_are() -> None:
    search = {
        "all arms": {
            "optimizer.name": ["sgd", "adamw"],
            "optimizer.momentum": {"range": "0.8 .. 0.99", "when": {"optimizer.name": "sgd"}},
        }
    }
    spec = parse("optimizer.name=adamw", search=search, budget={"trials": 4})
    assert spec.arms[0].search["optimizer.momentum"] == search["all arms"]["optimizer.momentum"]


def test_a_recipe_in_place_of_another_takes_none_of_its_settings() -> None:
    base = nest({"recipe": "cifar-adamw", "optimizer.lr": 0.004})
    spec = parse("recipe=mnist-adam", base=base)
    assert spec.arms[0].config.optimizer.lr == 0.001
    same = parse("recipe=cifar-adamw-strong", base=base)
    assert same.arms[0].config.optimizer.lr == 0.004


@pytest.mark.parametrize(
    ("settings", "arms", "message"),
    [
        (
            ("optimizer.name=adamw",),
            {"A": {}, "B": {"optimizer": {"nesterov": True}}},
            "--set optimizer.name=adamw: 'B' sets optimizer.nesterov, which 'adamw' has not; "
            "those that can take it: muon, sgd",
        ),
        (
            ("schedule.kind=cosine",),
            {"A": {"schedule": {"milestones": [0.4]}}, "B": {"schedule": {"milestones": [0.6]}}},
            "--set schedule.kind=cosine: 'A', 'B' set schedule.milestones, which 'cosine' has "
            "not; those that can take it: plateau, step",
        ),
        (
            ("recipe=mnist-adam",),
            {"A": {}, "B": {"optimizer": {"nesterov": True}}},
            "--set recipe=mnist-adam: 'B' sets optimizer.nesterov, which 'adam' has not",
        ),
        (
            ("optimizer.name=adamw",),
            {"A": {}, "m = {optimizer.momentum}": {"grid": {"optimizer": {"momentum": [0.1]}}}},
            "arms are named after optimizer.momentum ('m = {optimizer.momentum}'), which adamw "
            "calls beta1",
        ),
    ],
)
def test_what_it_has_not_is_refused_by_who_sets_it(
    settings: tuple[str, ...], arms: dict[str, Any], message: str
) -> None:
    assert message in refusal(*settings, arms=arms)


@pytest.mark.parametrize("value", ["[]", "{}", "[adamw]"])
@pytest.mark.parametrize("name", ["optimizer.name", "schedule.kind"])
def test_what_is_no_name_is_refused_as_one(name: str, value: str) -> None:
    kind = name.partition(".")[0]
    assert f"{kind} must be one of " in refusal(f"{name}={value}")
