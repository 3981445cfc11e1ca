"""Every sampler: points within their ranges, each a function of the study, none twice."""

from __future__ import annotations

from typing import Any

import pytest
from simulated import points, simulate, spec

from incay.study.errors import StudyError
from incay.study.spec.reading.document import Document
from incay.study.spec.study import parse_study

SAMPLERS = ("tpe", "random", "gp", "cmaes", "quasi-random")


def first(running: list[Any]) -> Any:
    return running[0]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_points_lie_within_their_ranges_and_do_not_depend_on_the_order(sampler: str) -> None:
    study = spec(budget={"trials": 8, "parallel": 2, "sampler": sampler})
    first = points(simulate(study, lambda running: running[0], 2)[0])
    other = points(simulate(study, lambda running: running[-1], 3)[0])
    assert first == other
    assert len(first) == 16
    for (arm, _), point in first.items():
        assert 1e-5 <= point["optimizer.weight_decay"] <= 1e-2
        if arm == "RN":
            assert 1e-3 <= point["incay.weight"] <= 1e3
    assert len({tuple(sorted(point.items())) for point in first.values()}) == 16


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_interrupted_search_goes_on_with_the_same_points(sampler: str) -> None:
    study = spec(budget={"trials": 6, "parallel": 2, "sampler": sampler})
    whole = points(simulate(study, lambda running: running[0], 2)[0])
    stored: dict[str, Any] = {}
    part, _ = simulate(study, lambda running: running[0], 2, stored, stop_after=5)
    again, _ = simulate(study, lambda running: running[0], 2, stored, known=points(part))
    assert points(again) == whole


def test_a_grid_takes_every_combination_once_and_no_more() -> None:
    study = spec(
        search={
            "all arms": {"optimizer.weight_decay": [0.0, 1e-4]},
            "RN": {"incay.weight": [0.1, 1.0, 10.0]},
        },
        budget={"trials": 50, "sampler": "grid"},
    )
    found = points(simulate(study, lambda running: running[0])[0])
    assert sum(arm == "Softmax" for arm, _ in found) == 2
    cells = [tuple(point.values()) for (arm, _), point in found.items() if arm == "RN"]
    assert sorted(cells) == [(mu, lam) for mu in (0.0, 1e-4) for lam in (0.1, 1.0, 10.0)]


LAMBDAS, RATES = [0.001, 0.01, 0.1, 1.0, 10.0], [0.01, 0.02, 0.05, 0.1, 0.2]
CORNER = {
    "arms": {"RN": {"incay": {"form": "reciprocal", "weight": 0.1}, "optimizer": {"lr": 0.02}}},
    "search": {"RN": {"incay.weight": LAMBDAS, "optimizer.lr": RATES}},
}


def test_a_budget_below_the_grid_covers_no_corner_and_begins_with_the_arms_own() -> None:
    some = points(simulate(spec(**CORNER, budget={"trials": 5, "sampler": "grid"}), first)[0])
    assert some["RN", 0] == {"incay.weight": 0.1, "optimizer.lr": 0.02}
    assert len({point["incay.weight"] for point in some.values()}) > 1
    assert len({point["optimizer.lr"] for point in some.values()}) > 1
    study = spec(**CORNER, budget={"trials": 99, "sampler": "grid"})
    whole = points(simulate(study, first)[0])
    assert [whole[key] for key in some] == list(some.values())
    assert len({tuple(point.items()) for point in whole.values()}) == len(whole) == 25


def test_a_grid_goes_on_after_points_in_another_order_and_takes_each_once() -> None:
    study = spec(**CORNER, budget={"trials": 25, "sampler": "grid"})
    former = {
        ("RN", n): {"incay.weight": LAMBDAS[n // 5], "optimizer.lr": RATES[n % 5]} for n in range(7)
    }
    found = points(simulate(study, first, known=former)[0])
    assert [found[key] for key in former] == list(former.values())
    assert len({tuple(sorted(point.items())) for point in found.values()}) == 25


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_point_comes_twice_before_the_space_is_at_its_end(sampler: str) -> None:
    space = {"incay.form": ["reciprocal", "log"], "optimizer.weight_decay": [0.0, 1e-4, 1e-3]}
    if sampler not in ("gp", "cmaes"):  # which learn of no conditional settings
        space["incay.weight"] = {"range": [0.1, 1.0], "when": {"incay.form": "log"}}
    study = spec(
        arms={"RN": {"incay": {"form": "reciprocal", "weight": 0.5}}},
        search={"RN": space},
        budget={"trials": 9 if "incay.weight" in space else 6, "sampler": sampler, "parallel": 2},
    )
    found = points(simulate(study, first, 2)[0])
    assert len({tuple(sorted(point.items())) for point in found.values()}) == len(found)


def test_two_lines_in_another_order_are_the_same_search() -> None:
    lines = {
        "incay.weight": {"range": "log 1e-3 .. 1", "when": {"incay.form": "reciprocal"}},
        "incay.form": ["reciprocal", "log"],
    }
    arms = {"RN": {"incay": {"form": "reciprocal", "weight": 0.5}}}
    one, other = (
        spec(arms=arms, search={"RN": {n: lines[n] for n in order}}, budget={"trials": 8})
        for order in (lines, reversed(lines))
    )
    found = points(simulate(one, first)[0])
    assert found == points(simulate(other, first)[0])
    assert found["RN", 0] == {"incay.form": "reciprocal", "incay.weight": 0.5}
    assert one.run == other.run


def test_a_grid_over_a_range_of_numbers_is_refused() -> None:
    with pytest.raises(StudyError, match="a grid must have lists or whole-number ranges"):
        spec(budget={"sampler": "grid"})


def test_a_setting_is_searched_only_where_its_condition_holds() -> None:
    study = spec(
        arms={"Incay": {"incay": {"form": "reciprocal", "weight": 0.1}}},
        search={
            "Incay": {
                "incay.form": ["reciprocal", "log"],
                "incay.weight": {"range": "log 1e-3 .. 1e3", "when": {"incay.form": "reciprocal"}},
            }
        },
        budget={"trials": 20, "sampler": "random"},
    )
    found = points(simulate(study, lambda running: running[0])[0]).values()
    forms = [point["incay.form"] for point in found]
    assert set(forms) == {"reciprocal", "log"}
    assert all(
        ("incay.weight" in point) == (form == "reciprocal")
        for point, form in zip(found, forms, strict=True)
    )


def test_two_objectives_are_both_told() -> None:
    study = spec(
        objective={"metric": "val.error", "mode": "min", "also": {"val.norm": "max"}},
        budget={"trials": 12, "parallel": 2},
    )
    assert study.objective.directions == {"val.error": "min", "val.norm": "max"}
    work, _ = simulate(study, lambda running: running[0], 2)
    for search in work.searches:
        assert all(
            outcome.values is not None and len(outcome.values) == 2
            for outcome in search.outcomes.values()
        )


def test_an_arm_stops_once_its_seconds_are_spent() -> None:
    study = spec(budget={"trials": 50, "seconds": 3.5, "parallel": 1})
    work, _ = simulate(study, lambda running: running[0], 2)
    # Every simulated trial says that it took a second.
    assert {item.arm.name: item.number for item in work.searches} == {"Softmax": 4, "RN": 4}


def test_a_repeat_becomes_a_new_draw() -> None:
    """Six values, six trials: a sampler that may repeat itself finds all of them."""
    study = spec(
        arms={"Softmax": {}},
        search={"Softmax": {"optimizer.weight_decay": [0.0, 1e-5, 1e-4, 5e-4, 1e-3, 1e-2]}},
        budget={"trials": 6, "parallel": 1},
    )
    found = points(simulate(study, lambda running: running[0], 1)[0])
    assert len({point["optimizer.weight_decay"] for point in found.values()}) == 6


def test_warm_start_points_lie_in_the_range_or_are_left_out() -> None:
    inside = points(simulate(spec(), lambda running: running[0])[0])
    assert inside["RN", 0]["incay.weight"] == 0.5
    outside = spec(search={"RN": {"incay.weight": "log 1 .. 10"}}, budget={"trials": 3})
    assert points(simulate(outside, lambda running: running[0])[0])["RN", 0]["incay.weight"] >= 1


def test_unknown_sampler_names_the_known() -> None:
    with pytest.raises(StudyError, match="tpe"):
        parse_study(
            Document("x", {"name": "x", "budget": {"sampler": "bayes"}, "base": {"steps": 3}})
        )
