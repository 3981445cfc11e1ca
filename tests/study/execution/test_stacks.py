"""Which trials go to one worker together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from in_process import incay
from simulated import spec
from tiny_study import STUDY

from incay.study.errors import StudyError
from incay.study.execution.stacks import Stack, Stacks
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.timing.stack_forecast import told_beforehand
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import FixedWork, SearchWork, Signal
from incay.study.spec.study import StudySpec

ARMS: Mapping[str, Any] = {
    "Softmax": {},
    "RN": {"incay": {"form": "reciprocal", "weight": 0.1}},
    "RN, strong": {"incay": {"form": "reciprocal", "weight": 1.0}},
}


def room() -> bool:
    return True


def full() -> bool:
    return False


def confirming(**changes: Any) -> tuple[StudySpec, list[PlannedTrial]]:
    study = spec(arms=ARMS, search={}, confirm={"seeds": 3}, **changes)
    trials = Planner(study, DataCatalog(None)).confirm_trials()
    return study, [trial for trial in trials if isinstance(trial, PlannedTrial)]


def stacks_of(trials: Iterable[PlannedTrial], most: int) -> Stacks:
    work = FixedWork(trials, lambda _: None)
    first = work.next()
    assert isinstance(first, PlannedTrial)
    return Stacks(work, first, most)


def names(stack: Stack | Signal) -> list[tuple[str, int]]:
    assert isinstance(stack, Stack)
    return [(trial.arm, trial.number) for trial in stack.trials]


def test_with_one_they_come_as_the_work_hands_them_out() -> None:
    _, trials = confirming()
    stacks = stacks_of(trials, 1)
    for trial in trials:
        assert names(stacks.next(room)) == [(trial.arm, trial.number)]
        assert stacks.waiting == []
    assert stacks.next(room) is Signal.DONE


def test_trials_of_one_kind_come_together_whatever_their_arms() -> None:
    _, trials = confirming()
    stacks = stacks_of(trials, 4)
    assert names(stacks.next(room)) == [("RN", 0), ("RN, strong", 0), ("RN", 1), ("RN, strong", 1)]
    assert names(stacks.next(room)) == [("Softmax", 0), ("Softmax", 1), ("Softmax", 2)]
    assert names(stacks.next(room)) == [("RN", 2), ("RN, strong", 2)]
    assert stacks.next(room) is Signal.DONE


def test_one_that_is_not_full_waits_for_a_place() -> None:
    _, trials = confirming()
    stacks = stacks_of(trials, 4)
    assert len(names(stacks.next(full))) == 4
    assert stacks.next(full) is Signal.WAIT
    assert len(stacks.waiting) == 5
    assert names(stacks.next(room)) == [("Softmax", 0), ("Softmax", 1), ("Softmax", 2)]
    one_by_one = stacks_of(trials, 1)
    assert [len(names(one_by_one.next(full))) for _ in trials] == [1] * 9


def test_one_that_is_left_over_knows_why_it_is_alone() -> None:
    _, trials = confirming()
    stacks = stacks_of(trials[:1], 4)
    stack = stacks.next(room)
    assert isinstance(stack, Stack)
    assert "no other trial" in stack.alone_because
    _, fixed = confirming(base={"dataset": "digits", "steps": 40, "deterministic": True})
    alone = stacks_of(fixed, 4)
    for trial in fixed:
        stack = alone.next(room)
        assert names(stack) == [(trial.arm, trial.number)]
        assert isinstance(stack, Stack)
        assert "deterministic" in stack.alone_because


def test_those_that_lost_their_worker_are_next_and_the_suspects_alone() -> None:
    _, trials = confirming()
    stacks = stacks_of(trials, 3)
    lost = stacks.next(room)
    assert isinstance(lost, Stack)
    for trial in lost.trials:
        stacks.again(trial)
    assert sorted(names(stacks.next(room))) == sorted(names(lost))
    for trial in lost.trials:
        stacks.again(trial, "it kills its workers")
    for _ in lost.trials:
        stack = stacks.next(room)
        assert isinstance(stack, Stack)
        assert len(stack.trials) == 1
        assert stack.alone_because == "it kills its workers"
    assert names(stacks.next(room))[0][0] == "Softmax"


def test_a_search_hands_out_what_its_results_allow() -> None:
    study = spec(budget={"trials": 12, "parallel": 5})
    work = SearchWork(study, Planner(study, DataCatalog(None)), lambda _: None, lambda _: [])
    first = work.next()
    assert isinstance(first, PlannedTrial)
    stacks = Stacks(work, first, 8)
    for arm in ("Softmax", "RN"):
        assert names(stacks.next(room)) == [(arm, number) for number in range(5)]
    assert stacks.next(room) is Signal.WAIT


def test_a_plan_says_what_trains_together() -> None:
    study, trials = confirming(resources={"stack": 4})
    configs = [trial.config for trial in trials]
    (line,) = told_beforehand(study, configs)
    assert line.endswith("up to 4 trials of a kind train together; trials by kind: 6, 3")
    assert told_beforehand(confirming()[0], configs) == []
    base = {"dataset": "digits", "steps": 40, "deterministic": True}
    study, trials = confirming(resources={"stack": 4}, base=base)
    lines = told_beforehand(study, [trial.config for trial in trials])
    assert lines[-1].startswith("9 trials train alone: deterministic: true asks for the bits")
    study = spec(resources={"stack": 4}, budget={"trials": 12, "parallel": 2})
    assert any("budget.parallel is 2" in line for line in told_beforehand(study, []))


def test_the_plan_command_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(f"{STUDY}\nresources: {{stack: 3}}\n")
    done = incay("plan", str(path), "--no-probe", "--results", str(tmp_path / "results"))
    assert done.code == 0, done.err
    assert "8 trials, 320 steps in all" in done.out
    assert "up to 3 trials of a kind train together; trials by kind: 2, 2, 2, 2" in done.out


@pytest.mark.parametrize(
    ("value", "must"),
    [
        ("0", "at least 1"),
        ("-3", "at least 1"),
        ("many", "a whole number"),
        ("2.5", "a whole number"),
        ("true", "a whole number"),
        ("100000", "at most 1024"),
    ],
)
def test_bad_values_are_refused_with_their_line(value: str, must: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"name: bad\nresources:\n  cpu: 1\n  stack: {value}\n")
    done = incay("plan", str(path))
    assert done.code == 2
    assert f"{path}:4: resources.stack: must be {must}, but got" in done.err
    assert "Traceback" not in done.err


def test_the_key_is_no_part_of_what_a_study_asks() -> None:
    assert spec(resources={"stack": 8}).run == spec().run
    with pytest.raises(StudyError):
        spec(resources={"stack": 0})
