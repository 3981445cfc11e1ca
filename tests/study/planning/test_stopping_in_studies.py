"""Early stopping in a study: the same images are held out in all arms, in both phases."""

from __future__ import annotations

from typing import Any

import pytest

from incay.study.errors import StudyError
from incay.study.planning.checks.readiness import check_batches
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.spec.arms.stopping import stopping_told
from incay.study.spec.reading.document import Document
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.names import nest

RULE = {"metric": "val.error", "patience": 3}
SEARCH = {"all arms": {"optimizer.lr": "log 0.001 .. 0.1"}}


def parse(base: dict[str, Any], *settings: str, **values: Any) -> StudySpec:
    given = {"name": "t", "base": nest({"steps": 100, "batch_size": 32, **base}), **values}
    document = Document("study.yaml", given)
    apply_overrides(document, settings)
    return parse_study(document)


def confirmed(spec: StudySpec) -> list[PlannedTrial]:
    trials = Planner(spec, DataCatalog(None)).confirm_trials()
    return [trial for trial in trials if isinstance(trial, PlannedTrial)]


def test_images_are_held_out_where_it_confirms_those_that_its_search_held_out() -> None:
    spec = parse({"early_stopping": RULE, "split.validation": 0.2}, search=SEARCH)
    (arm,) = spec.arms
    search = Planner(spec, DataCatalog(None)).search_trial(arm, 0, {"optimizer.lr": 0.01})
    for trial in confirmed(spec):
        assert trial.config.split.validation == 0.2
        assert trial.config.split.seed == search.config.split.seed
        assert trial.config.split.test == "final"


def test_arms_that_do_not_stop_train_on_the_same_images() -> None:
    arms = {"Whole": {}, "Stops": {"early_stopping": RULE}}
    spec = parse({}, arms=arms, factor="early_stopping")
    splits = {trial.config.split for trial in confirmed(spec)}
    assert len(splits) == 1
    assert {split.validation for split in splits} == {0.1}
    assert stopping_told(spec.arms) == [
        "early stopping: 0.1 of the training images are held out in all arms, also in the confirm "
        "phase; steps and epochs are those of trials that do not stop"
    ]


def test_without_it_all_images_train() -> None:
    assert {trial.config.split.validation for trial in confirmed(parse({}, search=SEARCH))} == {0.0}
    assert stopping_told(parse({}).arms) == []


def test_a_searched_rule_counts() -> None:
    search = {"all arms": {"early_stopping.metric": ["none", "val.error"]}}
    assert {trial.config.split.validation for trial in confirmed(parse({}, search=search))} == {0.1}


def test_images_too_few_to_hold_one_out_are_refused() -> None:
    spec = parse({"early_stopping": RULE, "split.validation": 1e-4})
    with pytest.raises(StudyError, match="must hold out some images"):
        check_batches(spec, DataCatalog(None))


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ({"split.validation": 0}, "base.split.validation: a study that stops early must have a"),
        ({"early_stopping.metric": "test.error"}, "must be one of none, val.error, val.loss"),
        ({"early_stopping.patience": 0}, "1 <= patience"),
    ],
)
def test_what_cannot_stop_is_refused(base: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        parse({"early_stopping": dict(RULE), **base})
