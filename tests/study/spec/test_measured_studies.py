"""What no trial of a study could measure is refused before any is trained."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor

from incay.study.errors import StudyError
from incay.study.spec.checks.measured import _WITHOUT_CLASS_VECTORS
from incay.study.spec.reading.document import Document
from incay.study.spec.study import parse_study
from incay.trainables.losses import losses

SEARCH = {"all arms": {"optimizer.weight_decay": "log 1e-5 .. 1e-2"}}
SUBCENTRES = {"loss": {"name": "subcenter-arcface", "scale": 16}}


def refusal(**values: Any) -> str:
    base = {"dataset": "digits", **values.pop("base", {})}
    budget = {"budget": {"trials": 2}} if "search" in values else {}
    with pytest.raises(StudyError) as caught:
        parse_study(Document("study.yaml", {"name": "t", "base": base, **budget, **values}))
    return str(caught.value)


def accepted(**values: Any) -> bool:
    base = {"dataset": "digits", **values.pop("base", {})}
    return bool(parse_study(Document("study.yaml", {"name": "t", "base": base, **values})).arms)


@pytest.mark.parametrize("name", sorted(losses))
def test_losses_without_class_vectors_are_known(name: str) -> None:
    loss = losses[name]().build(16, 4)
    own = getattr(loss, "class_vectors", None)
    vectors = own() if callable(own) else getattr(loss, "weight", None)
    has = isinstance(vectors, Tensor) and tuple(vectors.shape) == (4, 16)
    assert has == (name not in _WITHOUT_CLASS_VECTORS)


@pytest.mark.parametrize("metric", ["val.nc3", "val.nc3.frame", "val.nc2.weights"])
def test_an_objective_that_a_loss_cannot_have(metric: str) -> None:
    told = refusal(arms={"A": {}, "Sub": SUBCENTRES}, search=SEARCH, objective={"metric": metric})
    assert f"{metric} needs one vector for each class, but subcenter-arcface" in told
    assert "'Sub'" in told


@pytest.mark.parametrize(
    ("column", "needs"),
    [
        ("ood.norm.auroc", "images out of distribution"),
        ("train.nc1", "measure.train: true"),
        ("val.ece", "images held out in the confirm phase"),
        ("nc3", "one vector for each class"),
    ],
)
def test_a_column_that_would_be_empty_in_every_arm(column: str, needs: str) -> None:
    told = refusal(base=SUBCENTRES, arms={"A": {}}, columns=["error", column])
    assert f"{column} needs {needs}" in told


def test_a_column_that_some_arm_has_is_shown() -> None:
    assert accepted(arms={"A": {}, "Sub": SUBCENTRES}, columns=["nc3"])
    stopping = {"early_stopping": {"metric": "val.error", "patience": 2}, "reports": 9}
    assert accepted(base=stopping, arms={"A": {}}, columns=["val.ece", "train.error"])


def test_a_direction_must_be_said_where_there_is_none() -> None:
    told = refusal(arms={"A": {}}, search=SEARCH, objective={"metric": "val.temperature"})
    assert "objective.mode must be said for val.temperature" in told
    chosen = {"metric": "val.temperature", "mode": "max"}
    assert accepted(arms={"A": {}}, search=SEARCH, budget={"trials": 2}, objective=chosen)


def test_the_metric_that_was_meant_stands_before_the_list() -> None:
    told = refusal(arms={"A": {}}, search=SEARCH, objective={"metric": "val.temprature"})
    assert "but got 'val.temprature' (did you mean 'val.temperature'?): val.error, val.loss" in told
