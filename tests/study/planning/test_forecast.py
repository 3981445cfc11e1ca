"""A plan's forecast counts what is left, and trials that cannot be cut in halves."""

from __future__ import annotations

from incay.study.planning.plan_table import ArmPlan
from incay.study.planning.timing.forecast import (
    START_SECONDS,
    first_workers,
    forecast,
    forecast_text,
)
from incay.study.spec.catalog import find_study
from incay.study.spec.reading.overrides import apply_overrides
from incay.study.spec.study import Arm, StudySpec, parse_study
from incay.trainables.config import TrialConfig


def _spec() -> StudySpec:
    return parse_study(find_study("tuned-rn"))


def _plan(arm: Arm, *, search: int, confirm: int, finished: int = 0) -> ArmPlan:
    return ArmPlan(arm, [arm.config] * search, [arm.config] * confirm, finished, confirm, 60000)


def _minute(config: TrialConfig) -> float:
    return 60.0


def test_trials_are_not_cut_in_halves() -> None:
    plan = _plan(_spec().arms[0], search=0, confirm=3)
    expected = forecast([plan], _minute, at_once=2)
    assert (expected.total, expected.left) == (180.0, 180.0)
    assert expected.wall == 120.0 + START_SECONDS


def test_a_run_begins_with_no_more_workers_than_it_has_cpus_or_trials() -> None:
    document = find_study("tuned-rn")
    apply_overrides(document, ["resources.cpu=0.01"])
    assert first_workers(parse_study(document), 3) == 3
    apply_overrides(document, ["resources.cpu=2"])
    assert first_workers(parse_study(document), 8) == 4
    assert first_workers(parse_study(document), 64) == 16  # four arms, four of each at once
    apply_overrides(document, ["resources.gpu=1"])
    assert first_workers(parse_study(document), 64) == 0


def test_confirmation_waits_for_the_search() -> None:
    plan = _plan(_spec().arms[0], search=3, confirm=3)
    assert forecast([plan], _minute, at_once=2).wall == 240.0 + START_SECONDS


def test_finished_trials_take_no_time() -> None:
    arm = _spec().arms[0]
    searching = forecast([_plan(arm, search=4, confirm=2, finished=3)], _minute, at_once=1)
    assert (searching.total, searching.left) == (360.0, 180.0)
    confirming = forecast([_plan(arm, search=4, confirm=2, finished=5)], _minute, at_once=1)
    assert confirming.left == 60.0
    assert confirming.wall == 60.0 + START_SECONDS


def test_the_words_tell_what_is_left_out() -> None:
    spec = _spec()
    expected = forecast([_plan(spec.arms[0], search=2, confirm=1, finished=1)], _minute, at_once=2)
    said = forecast_text(spec, expected, 2)
    assert "for those that are left, 2 min one after another" in said
    assert "start included" in said
    assert "pruning" not in said
    document = find_study("tuned-rn")
    apply_overrides(document, ["budget.pruner=asha", "budget.seconds=7200"])
    said = forecast_text(parse_study(document), expected, 2)
    assert "pruning will save some of it" in said
    assert "no arm's search takes more than 2.0 h" in said


def test_what_may_end_sooner_takes_at_most_so_long() -> None:
    document = find_study("tuned-rn")
    apply_overrides(document, ["early_stopping.metric=val.error", "early_stopping.patience=2"])
    spec = parse_study(document)
    expected = forecast([_plan(spec.arms[0], search=0, confirm=2)], _minute, at_once=1)
    said = forecast_text(spec, expected, 1)
    assert said.startswith("estimated: at most 2 min one after another")
    assert "early stopping may end trials sooner" in said
    assert "at most 2 min" not in forecast_text(_spec(), expected, 1)
