"""What is kept of a search in place of Optuna's study gives the very same points."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from incay.study.search import draws, pruner
from incay.study.search import sampler as sampler_module
from incay.study.search.draws import OptunaDraws
from incay.study.search.outcomes import Outcome
from incay.study.search.sampler import PointSampler
from incay.study.spec.searches.ranges import parse_space
from incay.trainables.store.endings import Ending

SPACES: Mapping[str, Mapping[str, Any]] = {
    "one": {"a": "log 1e-3 .. 1e3"},
    "mixed": {"a": "log 1e-3 .. 1e3", "b": "-1.0 .. 2.5", "c": "1 .. 9", "d": ["x", "y", "z"]},
    "conditional": {
        "kind": ["p", "q", "r"],
        "a": {"range": "log 1e-3 .. 1", "when": {"kind": "p"}},
        "b": {"range": "0.0 .. 1.0", "when": {"kind": ["p", "q"]}},
        "only": {"range": ["one"], "when": {"kind": "q"}},
        "n": "log 1 .. 500",
    },
    "repeats": {"c": "1 .. 5", "d": [1, 2.5, "x"], "e": {"range": [1, 2], "when": {"d": 1}}},
}


def points(
    name: str, mode: str, sampler: str, parallel: int, count: int, known: int = 0
) -> list[dict[str, Any]]:
    """Return the points of a search with made-up outcomes, of which some were known before."""
    search = PointSampler(
        {key: parse_space(each) for key, each in SPACES[name].items()},
        {"kind": "r", "n": 3},
        sampler=sampler,
        directions=(mode,),
        parallel=parallel,
        seed_parts=(7, name, mode),
    )
    before = points(name, mode, "random", parallel, known) if known else []
    outcomes: dict[int, Outcome] = {}
    found = []
    for number in range(count):
        found.append(search.point(outcomes, before[number] if number < known else None))
        outcomes[number] = _outcome(found[-1], number)
    return found


def _outcome(point: Mapping[str, Any], number: int) -> Outcome:
    chance = random.Random(number)
    value = round(chance.gauss(10.0, 1.0), 1)  # some are equal
    ending = chance.choices(
        (Ending.COMPLETED, Ending.PRUNED, Ending.DIVERGED, Ending.FAILED), (12, 4, 1, 1)
    )[0]
    reports = {step: value + chance.random() for step in range(1, chance.randint(2, 5))}
    if chance.random() < 0.1:
        reports[max(reports) + 1] = float("nan")
    if ending is Ending.COMPLETED:
        return Outcome(point, ending, (value,), reports if chance.random() < 0.5 else {})
    return Outcome(point, ending, None, reports if ending is Ending.PRUNED else {})


@pytest.mark.parametrize("parallel", [1, 5])
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("name", SPACES)
def test_tpe_draws_what_optunas_own_sampler_draws(
    name: str, mode: str, parallel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert draws.KNOWN, "with this version of Optuna its own sampler draws: compare, then admit it"
    ours = points(name, mode, "tpe", parallel, 50)
    monkeypatch.setattr(sampler_module, "_draws", OptunaDraws)
    assert points(name, mode, "tpe", parallel, 50) == ours


def test_tpe_draws_what_optunas_own_sampler_draws_after_points_of_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = points("mixed", "min", "tpe", 2, 45, known=25)
    monkeypatch.setattr(sampler_module, "_draws", OptunaDraws)
    assert points("mixed", "min", "tpe", 2, 45, known=25) == ours


@pytest.mark.parametrize("sampler", ["random", "quasi-random", "grid"])
@pytest.mark.parametrize("name", SPACES)
def test_what_needs_no_other_point_is_drawn_as_optuna_draws_it(
    name: str, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sampler == "grid" and name != "repeats":
        pytest.skip("has no end of points")
    count = 20 if sampler == "grid" else 40
    ours = points(name, "min", sampler, 3, count)
    monkeypatch.setattr(sampler_module, "_draws", OptunaDraws)
    assert points(name, "min", sampler, 3, count) == ours


def test_a_study_without_its_version_of_optuna_leaves_tpe_to_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler_module, "KNOWN", False)
    assert isinstance(sampler_module._draws({}, "tpe", ("min",)), OptunaDraws)


@pytest.mark.parametrize("name", SPACES)
def test_random_points_are_the_same_with_any_optuna(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = points(name, "min", "random", 3, 40)
    monkeypatch.setattr(draws, "KNOWN", False)
    assert points(name, "min", "random", 3, 40) == ours


@pytest.mark.parametrize("rule", ["asha", "hyperband", "median"])
def test_pruners_judge_as_by_trials_that_optuna_was_told_one_by_one(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared: dict[int, Any] = {}
    ours = judged(rule, shared)
    assert set(shared) == set(range(38))  # but for those that the last ones have not seen
    monkeypatch.setattr(pruner, "KNOWN", False)
    assert judged(rule, None) == ours
    assert any(pruned for pruned, _, _ in ours)


def judged(rule: str, shared: dict[int, Any] | None) -> list[tuple[Any, Any, Any]]:
    """Return where each of some trials was pruned, by what reports and marks."""
    outcomes: dict[int, Outcome] = {}
    found = []
    for number in range(40):
        seen = {other: outcomes[other] for other in range(max(0, number - 1))}
        judge = pruner.PruneJudge(
            rule, direction="min", number=number, seen=seen, reports=9, known=shared
        )
        chance = random.Random(number)
        values = [chance.random() - 0.1 * report for report in range(9)]
        ending = Ending.PRUNED if judge.hear(values) else Ending.COMPLETED
        whole = (values[-1],) if ending is Ending.COMPLETED else None
        if number % 7 == 3:
            ending, whole = Ending.FAILED, None
        outcomes[number] = Outcome({}, ending, whole, judge.intermediate, judge.marks)
        found.append((judge.pruned_at, judge.intermediate, judge.marks))
    return found
