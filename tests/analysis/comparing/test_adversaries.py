"""Those who look again, by ways that the books know of, find no more than the level allows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from equal_arms import EqualArms

from incay.analysis import render, table
from incay.analysis.comparing.side_by_side import compare_studies
from incay.trainables.store.books import Books


@pytest.fixture
def arms(tmp_path: Path) -> EqualArms:
    return EqualArms(tmp_path, np.random.default_rng(3))


def test_seeds_that_were_seen_one_a_run_cannot_be_chosen_from(arms: EqualArms) -> None:
    for seed in range(8):
        arms.look(arms.train(arms.begin(f"r{seed}", [seed])))
    chosen = arms.look(arms.train(arms.begin("best", [1, 3, 4, 6])))["arm 1"]
    assert (chosen.rule, chosen.verdict) == ("always-valid", "undecided")
    assert chosen.judged.waits == "4 seeds that had been seen are left out"
    every = arms.look(arms.train(arms.begin("all", [*range(8)])))["arm 1"]
    assert (every.rule, every.judged.waits) == ("always-valid", "")


def test_other_seeds_in_the_place_of_all_that_were_seen_decide_nothing(arms: EqualArms) -> None:
    arms.look(arms.train(arms.begin("first", [1, 2, 3, 4, 5])))
    other = arms.look(arms.train(arms.begin("second", [6, 7, 8, 9, 10])))["arm 1"]
    assert other.judged.waits == "5 seeds that had been seen are left out"


def test_a_damaged_book_of_looks_says_that_all_could_be_seen(arms: EqualArms) -> None:
    first = arms.train(arms.begin("first", 5))
    arms.look(first)
    arms.store.write(f"{Books(arms.store, *first).folder}/looks.json", b"[")
    assert arms.look(arms.train(arms.begin("second", 8)))["arm 1"].rule == "always-valid"


def test_how_diverged_seeds_count_is_part_of_the_plan(arms: EqualArms) -> None:
    arms.look(arms.train(arms.begin("first", 5)))
    again = arms.train(arms.begin("second", 5, diverged_policy="worst"))
    assert arms.look(again)["arm 1"].rule == "always-valid"


def test_of_runs_that_were_begun_before_any_look_one_is_tested_by_its_own_rule(
    arms: EqualArms,
) -> None:
    runs = [arms.begin(f"r{seeds}", seeds) for seeds in (5, 8, 11)]
    found = [arms.look(arms.train(run))["arm 1"].rule for run in runs]
    assert found == ["fixed", "always-valid", "always-valid"]
    assert [arms.compared(run)["arm 1"].rule for run in runs] == found


def test_a_plan_that_was_seen_before_it_was_complete_keeps_its_level(arms: EqualArms) -> None:
    arms.look(arms.train(arms.begin("ten", 10), 3))
    found = arms.look(arms.train(arms.begin("forty", 40)))["arm 1"]
    assert (found.rule, found.judged.share) == ("always-valid", 0.1)


def test_arms_that_are_left_out_after_a_look_still_count(arms: EqualArms) -> None:
    arms.look(arms.train(arms.begin("r", 5)))
    chosen = arms.train(arms.begin("r", 5, study="chosen", arms=[0, 3]))
    assert arms.look(chosen)["arm 3"].family == 5
    notes = " ".join(table(arms.results(chosen)).notes)
    assert "Holm over 5 comparisons, 4 of them seen beside these in study@r, α = 0.05" in notes
    unseen = EqualArms(Path(arms.store.root) / "unseen", np.random.default_rng(3))
    unseen.train(unseen.begin("r", 5))
    alone = unseen.look(unseen.train(unseen.begin("r", 5, study="chosen", arms=[0, 3])))
    assert alone["arm 3"].family == 1


def test_of_a_baseline_that_is_chosen_after_a_look_every_pair_of_arms_counts(
    arms: EqualArms,
) -> None:
    arms.look(arms.train(arms.begin("r", 5)))
    assert arms.look(arms.train(arms.begin("s", 5, arms=[2, 0, 1, 3, 4, 5])))["arm 1"].family == 15


def test_an_arm_that_is_added_after_a_look_counts_once(arms: EqualArms) -> None:
    arms.look(arms.train(arms.begin("r", 5, arms=[0, 1, 2])))
    assert arms.look(arms.train(arms.begin("s", 5)))["arm 1"].family == 5


def test_seeds_that_were_raised_again_and_again_are_read_once(arms: EqualArms) -> None:
    """Each run asks all that were before it, which asked those before them."""
    for seeds in range(5, 20):
        run = arms.train(arms.begin(f"r{seeds}", seeds))
        arms.look(run)
    results = arms.results(run)
    render(table(results), "json")
    assert len(results.cache["comparisons of earlier plans"]) == 1


def by_side(arms: EqualArms, first: tuple[str, str], second: tuple[str, str]) -> tuple[str, bool]:
    """Return how the one arm of two studies was compared, and whether they were told apart."""
    one, other = arms.results(first), arms.results(second)
    named = replace(other, arms=(replace(other.arms[0], name=one.arms[0].name),))
    (pair,) = compare_studies(one, named).pairs
    return pair.difference.how if pair.difference else "", pair.decided


def test_two_studies_are_compared_once_all_seeds_have_ended(arms: EqualArms) -> None:
    runs = [arms.begin("r", 6, study=name, arms=[n]) for n, name in enumerate("ab")]
    for run in runs:
        arms.train(run, 4)
    assert by_side(arms, *runs) == ("not tested: 4 of 6 seeds of a", False)
    for run in runs:
        arms.look(arms.train(run))
    assert by_side(arms, *runs)[0] == "paired t, 6 common seeds"
    more = [arms.begin("s", 9, study=name, arms=[n]) for n, name in enumerate("ab")]
    for run in more:
        arms.look(arms.train(run))
    assert by_side(arms, *more)[0] == "always-valid, 9 common seeds"


def test_two_studies_with_looks_are_compared_by_what_holds_at_any_time(arms: EqualArms) -> None:
    first = arms.train(arms.begin("r", 8, study="a", arms=[0], looks=[4, 8]), 4)
    second = arms.train(arms.begin("r", 8, study="b", arms=[1], looks=[4, 8]), 4)
    assert by_side(arms, first, second)[0] == "always-valid, 4 common seeds"
    other = arms.train(arms.begin("r", [*range(90, 98)], study="c", arms=[2]))
    assert by_side(arms, first, other)[0].startswith("not tested: other seeds")


def raised(arms: EqualArms) -> bool:
    return any(arms.marked(arms.train(arms.begin(f"r{n}", n))) for n in range(5, 13))


def begun_before(arms: EqualArms) -> bool:
    runs = [arms.begin(f"r{n}", n) for n in range(3, 15)]
    return any(arms.marked(arms.train(run)) for run in runs)


def peeked(arms: EqualArms) -> bool:
    first = arms.train(arms.begin("a", 10), 3)
    found = arms.marked(first)
    return arms.marked(arms.train(arms.begin("b", 40))) or arms.marked(first) or found


def one_by_one(arms: EqualArms) -> bool:
    for seed in range(10):
        arms.look(arms.train(arms.begin(f"r{seed}", [seed])))
    gains = {n: arms.store.errors[f"{1:010d}{n:010d}"] for n in range(10)}
    return arms.marked(arms.begin("best", sorted(gains, key=gains.__getitem__)[:5]))


def other_seeds(arms: EqualArms) -> bool:
    lists = ([*range(100 * n, 100 * n + 5)] for n in range(6))
    return any(arms.marked(arms.train(arms.begin(f"r{each[0]}", each))) for each in lists)


def damaged(arms: EqualArms) -> bool:
    for seeds in range(5, 13):
        run = arms.train(arms.begin(f"r{seeds}", seeds))
        if arms.marked(run):
            return True
        arms.store.write(f"{Books(arms.store, *run).folder}/looks.json", b"[")
    return False


def best_alone(arms: EqualArms) -> bool:
    found = arms.look(arms.train(arms.begin("r", 5)))
    best = min(found, key=lambda name: found[name].test.p or 1.0)
    alone = arms.begin("r", 5, study="alone", arms=[0, int(best.split()[1])])
    return any(each.decided for each in found.values()) or arms.marked(alone)


@pytest.mark.long
@pytest.mark.parametrize(
    "adversary", [raised, begun_before, peeked, one_by_one, other_seeds, damaged, best_alone]
)
def test_an_adversary_marks_equal_arms_in_no_more_than_five_in_a_hundred_studies(
    adversary: Callable[[EqualArms], bool], tmp_path: Path
) -> None:
    random, studies = np.random.default_rng(21), 400
    marked = sum(adversary(EqualArms(tmp_path / str(n), random)) for n in range(studies))
    print(f"{adversary.__name__}: {100 * marked / studies:.2f} % of {studies}")
    assert marked / studies < 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / studies)
