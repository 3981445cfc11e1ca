"""Whatever stands in a study file: one message or success, in a second and 300 MB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arbitrary import VALUES, YAML_TEXTS, as_yaml, changed
from bounds import answered
from fuzzing import fixed, tried
from hypothesis import given, settings
from hypothesis import strategies as st
from in_process import Done, incay

from incay.study.spec.header import Header
from incay.study.spec.settings import dotted
from incay.trainables.config import TrialConfig

few = settings(fixed, max_examples=25)
KEYS = [*Header.model_fields, *dotted(TrialConfig()), "base", "arms", "search", "epochs", "grid"]
STUDIES: list[dict[str, Any]] = [
    {
        "name": "t",
        "base": {
            "dataset": "digits",
            "network": {"name": "mnist-2d", "width": 0.1, "dimension": 2},
            "optimizer": {"lr": 0.02, "weight_decay": 1e-4},
            "schedule": {"kind": "step", "milestones": [0.5, 0.75]},
            "steps": 6,
            "reports": 3,
            "batch_size": 32,
        },
        "arms": {
            "A": {},
            "B": {"incay": {"form": "reciprocal", "weight": 0.1, "threshold": "2 x mean"}},
            "C {incay.weight}": {
                "incay": {"form": "linear"},
                "grid": {"incay.weight": [0.1, 1]},
            },
        },
        "confirm": {"seeds": [1, 2]},
        "resources": {"cpu": 1, "stack": 2},
    },
    {
        "name": "s",
        "base": {"dataset": "digits", "steps": 8, "batch_size": 16},
        "arms": {"A": {"loss": "l-softmax"}, "B": {"loss": {"name": "a-softmax", "margin": 3}}},
        "search": {
            "all arms": {
                "optimizer.lr": "log 1e-3 .. 1e-1",
                "loss.margin": {"range": "2 .. 4", "when": {"batch_size": [16, 32]}},
                "batch_size": [16, 32],
            }
        },
        "budget": {"trials": 3, "sampler": "grid", "pruner": "asha", "parallel": 2},
        "objective": {"metric": "val.error", "mode": "min", "also": {"val.loss": "min"}},
        "factor": "loss",
    },
]
MUTATED = st.sampled_from(STUDIES).flatmap(lambda study: changed(study, KEYS))


@pytest.fixture(autouse=True, scope="module")
def _imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("arbitrary"))
        for study in STUDIES[:1]:
            Path("study.yaml").write_text(as_yaml(study))
            assert incay("plan", "study.yaml", "--no-probe").code == 0
        yield


def planned(text: str) -> Done:
    Path("study.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    done = answered("plan", "study.yaml", "--no-probe")
    assert done.code in (0, 2), done
    if done.code == 2:
        assert done.err.count("\n") == 1, done.err
    return done


@few
@given(YAML_TEXTS)
def test_any_text(text: str) -> None:
    planned(text)


@few
@given(MUTATED)
def test_a_study_with_other_values(values: Any) -> None:
    planned(as_yaml(values))


def asked(key: str, value: Any) -> None:
    Path("study.yaml").write_text(as_yaml(STUDIES[0]))
    setting = f"{key}={as_yaml(value)}".replace("\0", "0")
    done = answered("plan", "study.yaml", "--no-probe", "--set", setting)
    assert done.code in (0, 2), done


@few
@given(st.sampled_from(KEYS), VALUES)
def test_any_value_by_an_option(key: str, value: Any) -> None:
    asked(key, value)


@pytest.mark.long
@tried(3_000, share=0.4)
@given(YAML_TEXTS)
def test_many_texts(text: str) -> None:
    planned(text)


@pytest.mark.long
@tried(3_000, share=0.4)
@given(MUTATED)
def test_many_studies_with_other_values(values: Any) -> None:
    planned(as_yaml(values))


@pytest.mark.long
@tried(1_000, share=0.2)
@given(st.sampled_from(KEYS), VALUES)
def test_many_values_by_an_option(key: str, value: Any) -> None:
    asked(key, value)
