"""What a refusal says: sorted keys, none that is forbidden, and the word that was meant."""

from __future__ import annotations

from dataclasses import fields

import pytest

from incay.study.errors import StudyError
from incay.study.spec import words
from incay.study.spec.header import Header
from incay.study.spec.reading.document import Document
from incay.study.spec.settings import DERIVED, dotted
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.config import COMPONENTS, TrialConfig

SEARCH = {"all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}}


def parse(**values: object) -> StudySpec:
    base = {"dataset": "digits", **values.pop("base", {})}  # type: ignore[dict-item]
    return parse_study(Document("study.yaml", {"name": "t", "base": base, **values}))


def refusal(**values: object) -> str:
    with pytest.raises(StudyError) as caught:
        parse(**values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("num_epochs", "'epochs'?"),
        ("iterations", "'steps'?"),
        ("lr", "'optimizer.lr'"),
        ("learning-rate", "'optimizer.lr'"),
        ("weight_decay", "'optimizer.weight_decay'"),
        ("momentum", "'optimizer.momentum'"),
        ("batch", "'batch_size'"),
        ("model", "'network'"),
        ("criterion", "'loss'"),
        ("lambda", "'incay.weight'"),
        ("seeds", "'confirm.seeds of the study itself'"),
        ("n_trials", "'budget.trials of the study itself'"),
        ("setps", "'steps'"),
    ],
)
def test_a_word_of_another_tool_is_answered_with_ours(key, meant):
    message = refusal(base={key: 3})
    assert f"base.{key}: did you mean {meant}" in message


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("epochs", "'base.epochs'"),
        ("lr", "'base.optimizer.lr'"),
        ("steps", "'base.steps'"),
        ("optimizer", "'base.optimizer'"),
        ("seeds", "'confirm.seeds'"),
        ("search_space", "'search'"),
        ("metric", "'objective.metric'"),
        ("gpus", "'resources.gpu'"),
        ("budgets", "'budget'"),
    ],
)
def test_a_setting_beside_the_base_is_answered_with_its_place(key, meant):
    assert f"did you mean {meant}" in refusal(**{key: 3})


def test_a_word_within_a_component_is_answered_within_it():
    assert "did you mean 'lr'?" in refusal(base={"optimizer": {"learning_rate": 1}})
    assert "did you mean 'weight'?" in refusal(base={"incay": {"lambda": 1}})
    assert "did you mean 'optimizer.lr'?" in refusal(search={"all arms": {"lr": "0.1 .. 1.0"}})


def test_keys_are_listed_in_order_and_whole():
    for message, known in (
        (
            refusal(base={"zzz": 1}),
            {item.name for item in fields(TrialConfig)} - {"seed"} | {"epochs", "recipe"},
        ),
        (refusal(zzz=1), {*Header.model_fields, "base", "arms", "search"}),
        (refusal(budget={"zzz": 1}), None),
    ):
        listed = message.partition("one of ")[2].rpartition(", but got")[0].split(", ")
        assert listed == sorted(listed)
        assert known is None or set(listed) == known
    message = refusal(search={"all arms": {"zzz": "1 .. 2"}})
    assert "augment.…, average.…, batch_size, dataset.…, deterministic, early_stopping.…" in message


def test_what_is_forbidden_is_never_offered():
    messages = [
        refusal(base={"sed": 1}),
        refusal(base={"split": {"zzz": 1}}),
        refusal(base={"split": {"sed": 1}}),
        refusal(search={"all arms": {"sed": "1 .. 2"}}),
        refusal(search={"all arms": {"split.sed": "1 .. 2"}}),
        refusal(arms={"A": {}}, ablation={"of": "A", "parts": ["sed"]}),
    ]
    for message in messages:
        offered = message.partition("one of ")[2].rpartition(", but got")[0].split(", ")
        assert not {"seed", "test", *DERIVED} & set(offered), message
        assert "mean 'seed'" not in message
    assert "`confirm.seeds`" in refusal(base={"seed": 1})


def test_words_lead_to_settings_that_there_are():
    study = {f"{name}.{key}" for name in Header.model_fields for key in _keys(name)}
    study |= {*Header.model_fields, "base", "arms", "search"}
    trial = {*dotted(TrialConfig()), *TrialConfig.__dataclass_fields__, words.EPOCHS, words.RECIPE}
    trial |= {name.rpartition(".")[0] for name in trial}  # parts of parts, such as augment.mix
    trial |= {
        f"{kind}.{item.name}"
        for kind, registry in COMPONENTS.items()
        for component in registry.values()
        for item in fields(component)
    }
    assert set(words.STUDY.values()) <= study
    assert set(words.TRIAL.values()) <= trial
    assert not set(words.TRIAL.values()) & set(DERIVED)
    assert not set(words.STUDY) & set(words.TRIAL)


def _keys(name: str) -> list[str]:
    kinds = {"budget", "objective", "confirm", "resources", "ablation"}
    if name not in kinds:
        return []
    from incay.study.spec import header

    return list(getattr(header, name.capitalize()).model_fields)


def test_names_of_other_papers_and_keys_of_the_study_are_answered_with_what_is_meant():
    assert "did you mean 'resources.gpu of the study itself'" in refusal(base={"resources.gpu": 1})
    for name, meant in (
        ("none", "softmax"),
        ("AM-Softmax", "cosface"),
        ("sphereface", "a-softmax"),
    ):
        assert f"(did you mean {meant!r}?)" in refusal(base={"loss": name})
    message = refusal(search={"all arms": {"optimizer.zzz": "1 .. 2"}})
    assert "optimizer.lr_rule, optimizer.max_norm, optimizer.momentum" in message
    assert "schedule.…, split.…, steps" in message


def test_an_objective_is_checked_where_nothing_is_searched():
    assert "must be a metric of the validation" in refusal(objective={"metric": "zzz"})


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("accuracy", "(did you mean 'val.error', to be made small: accuracy is 100 - error?)"),
        ("val.accuracy", "did you mean 'val.error'"),
        ("error", "did you mean 'val.error'?"),
        ("val.eror", "did you mean 'val.error'?"),
        ("test.error", "would leak"),
        ("train.loss", "would take what fits the training images best"),
    ],
)
def test_a_metric_that_there_is_none_of_does_not_leak(metric, expected):
    message = refusal(search=SEARCH, objective={"metric": metric})
    assert expected in message
    assert ("leak" in message) == (expected == "would leak")


def test_whole_numbers_may_have_an_exponent_and_none_may_be_written_as_a_word():
    spec = parse(
        base={
            "steps": 1e4,
            "schedule": {"milestones": [5e3, 7e3]},
            "dataset": {"name": "image_folder", "folder": "x", "size": "none"},
            "incay": {"threshold": "none", "start_step": 1e2},
        },
        budget={"trials": 1e1, "seconds": "none", "seed": "none"},
        confirm={"seeds": [1e3, 2.0]},
        seed=1e3,
    )
    config = spec.arms[0].config
    assert (config.steps, type(config.steps)) == (10_000, int)
    assert config.dataset.size is None
    assert (config.incay.threshold, config.incay.start_step) == ("none", 100)
    assert (spec.budget.trials, spec.budget.seconds, spec.budget.seed) == (10, None, None)
    assert spec.confirm_seeds == (1000, 2)
    assert "must be a whole number, but got 1.5" in refusal(base={"steps": 1.5})
    assert "must be a whole number" in refusal(base={"steps": "none"})


def test_a_range_of_whole_numbers_has_whole_ends():
    ranged = {"all arms": {"incay.start_step": "1e1 .. 1e2"}}
    assert "both ends of its range be written: 10 .. 100" in refusal(search=ranged)
    assert parse(search={"all arms": {"incay.start_step": [1e1, 1e2]}}).arms[0].search
    assert parse(search={"all arms": {"optimizer.lr": "1e-3 .. 1e0"}}).arms[0].search
