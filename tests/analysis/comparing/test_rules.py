"""By which rule a comparison is tested: one look, declared looks, or seeds added after a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from study_factory import StudyFactory

from incay.analysis import load, render, table
from incay.analysis.comparing.comparisons import Comparison, compare_arms
from incay.analysis.content import Mark
from incay.analysis.results.looks import note_look
from incay.analysis.statistics.sequential.boundaries import boundaries, boundary_at
from incay.analysis.statistics.sequential.sequential_p import sequential_p
from incay.trainables.store.shapes import Look

RN = {"incay.form": "reciprocal", "incay.weight": 0.1}
LN = {"incay.form": "linear", "incay.weight": 0.1}
SOFTMAX = [8.0, 8.4, 7.7, 8.1, 8.2, 7.9, 8.3, 8.0]
BETTER = [7.0, 7.5, 6.6, 7.2, 7.1, 6.8, 7.4, 7.1]
EQUAL = [8.1, 8.3, 7.6, 8.2, 8.3, 7.8, 8.4, 7.9]


def planted(
    root: Path, errors: Sequence[float], *, total: int, run: str = "1a2b3c4d", **book: object
) -> StudyFactory:
    """Return a study of Softmax and RN with trials for the errors that there are."""
    factory = StudyFactory(root, run=run, **{"replicates": total, "looks": (total,), **book})
    factory.arm("Softmax")
    factory.arm("RN", RN)
    for number in range(total):
        for arm, values in (("Softmax", SOFTMAX), ("RN", errors)):
            ended = number < len(errors)
            error = {"test.error": values[number], "test.norm": 100.0} if ended else None
            factory.trial(arm, number, error, status="completed" if ended else None)
    return factory


def compared(factory: StudyFactory) -> Comparison:
    return compare_arms(load(factory.write(), "planted", factory.run), "test.error")["RN"]


def test_a_fixed_number_of_seeds_is_one_look(tmp_path: Path) -> None:
    found = compared(planted(tmp_path, BETTER[:5], total=5))
    assert (found.rule, found.verdict, found.judged.looks) == ("fixed", "better", (5,))
    assert found.boundary == 0.05


def test_before_its_look_is_complete_nothing_is_tested(tmp_path: Path) -> None:
    factory = planted(tmp_path, BETTER[:4], total=5)
    found = compared(factory)
    assert (found.verdict, found.adjusted_p, found.marks) == ("undecided", None, frozenset())
    notes = " ".join(table(load(factory.store, "planted")).notes)
    assert "Not tested: RN (4 of 5 seeds)." in notes


def test_a_book_of_an_earlier_version_is_read_as_it_was(tmp_path: Path) -> None:
    found = compared(planted(tmp_path, BETTER[:4], total=5, looks=()))
    assert (found.rule, found.verdict) == ("fixed", "better")


def test_a_failed_trial_has_ended_and_holds_up_no_look(tmp_path: Path) -> None:
    factory = planted(tmp_path, BETTER[:4], total=4)
    factory.document["replicates"], factory.document["looks"] = 5, (5,)
    factory.trial("Softmax", 4, {"test.error": 8.0})
    factory.trial("RN", 4, status="failed")
    found = compared(factory)
    assert (found.verdict, found.test.n) == ("better", 4)


def test_a_look_is_tested_by_its_own_boundary(tmp_path: Path) -> None:
    factory = planted(tmp_path, BETTER[:4], total=8, looks=(4, 8))
    found = compared(factory)
    (boundary,) = boundaries((4,), 0.05, "obrien-fleming", 8)
    assert (found.rule, found.judged.looks) == ("looks", (4,))
    assert found.boundary == pytest.approx(boundary)
    assert found.adjusted_p == sequential_p([(4, found.test.p or 1.0)], 8, "obrien-fleming")
    assert found.decided == (found.test.p is not None and found.test.p < boundary)
    width = boundary_at((4,), 0.05, "obrien-fleming", 8) * (found.test.deviation or 0.0) / 2.0
    assert found.test.half_width == pytest.approx(width)


def test_trials_beyond_the_last_complete_look_wait(tmp_path: Path) -> None:
    at_four = compared(planted(tmp_path / "four", BETTER[:4], total=8, looks=(4, 8)))
    at_six = compared(planted(tmp_path / "six", BETTER[:6], total=8, looks=(4, 8)))
    assert at_six.test == at_four.test
    assert at_six.adjusted_p == at_four.adjusted_p


def test_an_arm_that_stopped_early_keeps_its_verdict(tmp_path: Path) -> None:
    factory = StudyFactory(tmp_path, replicates=8, looks=(4, 8), spending="pocock")
    for name, difference in (("Softmax", {}), ("RN", RN), ("LN", LN)):
        factory.arm(name, difference)
    for number in range(8):
        factory.trial("Softmax", number, {"test.error": SOFTMAX[number]})
        factory.trial("LN", number, {"test.error": EQUAL[number]})
        if number < 4:
            factory.trial("RN", number, {"test.error": BETTER[number]})
    results = load(factory.write(), "planted")
    found = compare_arms(results, "test.error")
    assert (found["RN"].verdict, found["RN"].judged.looks) == ("better", (4,))
    assert (found["LN"].verdict, found["LN"].judged.looks) == ("undecided", (4, 8))
    told = " ".join(table(results).notes)
    assert "at the looks that were declared, after 4 and 8 seeds" in told
    assert "Decided before the last look: RN (4 seeds)" in told
    listed = {
        each["arm"]: each for each in json.loads(render(table(results), "json"))["comparisons"]
    }
    assert listed["RN"]["rule"] == "looks"
    assert (listed["RN"]["look"], listed["LN"]["look"]) == (1, 2)
    assert (listed["RN"]["n"], listed["LN"]["n"]) == (4, 8)
    assert listed["RN"]["p"] < listed["RN"]["boundary"]
    assert listed["LN"]["p"] > listed["LN"]["boundary"]
    assert [each["verdict"] for each in listed.values()] == ["better", "undecided"]


def test_seeds_that_are_lost_are_no_looks_that_are_left(tmp_path: Path) -> None:
    factory = StudyFactory(tmp_path, replicates=8, looks=(2, 4, 8), spending="pocock")
    for name, difference in (("Softmax", {}), ("RN", RN), ("LN", LN)):
        factory.arm(name, difference)
    for number in range(8):
        factory.trial("Softmax", number, {"test.error": SOFTMAX[number]})
        lost = number < 2
        found = None if lost else {"test.error": BETTER[number]}
        factory.trial("RN", number, found, status="diverged" if lost else "completed")
        if number < 4:
            found = None if lost else {"test.error": EQUAL[number]}
            factory.trial("LN", number, found, status="diverged" if lost else "completed")
    results = load(factory.write(), "planted")
    compared = compare_arms(results, "test.error")
    assert (compared["RN"].verdict, compared["RN"].test.n) == ("better", 6)
    assert (compared["RN"].judged.number, compared["LN"].judged.number) == (3, 2)
    upcoming = compared["LN"].next_look()
    assert upcoming is not None
    assert upcoming[0] == 8
    told = " ".join(table(results).notes)
    assert "Decided before the last look" not in told
    listed = json.loads(render(table(results), "json"))["comparisons"]
    assert [each["look"] for each in listed] == [3, 2]


def test_seeds_behind_the_first_look_are_none_of_it(tmp_path: Path) -> None:
    factory = StudyFactory(tmp_path, replicates=4, looks=(2, 4))
    factory.arm("Softmax")
    factory.arm("RN", RN)
    for number in range(4):
        factory.trial("Softmax", number, {"test.error": SOFTMAX[number]})
        ended = number != 1
        factory.trial(
            "RN",
            number,
            {"test.error": BETTER[number]} if ended else None,
            status="completed" if ended else None,
        )
    assert compared(factory).judged.waits == "1 of the 2 seeds of the first look"


def extended(root: Path, first: Sequence[float], then: Sequence[float], when: str) -> StudyFactory:
    """Return a study whose seeds were raised after a look at the first of them."""
    fewer = planted(
        root, first, total=len(first), run="aaaaaaaa", created="2026-01-01T00:00:00+00:00"
    )
    fewer.write()
    numbers = tuple(range(len(first)))
    fewer.books.note_look(Look(when=when, by="run", replicates=numbers, seeds=numbers))
    return planted(root, then, total=len(then), run="bbbbbbbb", created="2026-02-01T00:00:00+00:00")


def test_seeds_that_are_added_after_a_look_are_tested_by_the_rule_that_is_always_valid(
    tmp_path: Path,
) -> None:
    more = extended(tmp_path, EQUAL[:5], EQUAL, "2026-01-15T00:00:00+00:00")
    found = compared(more)
    assert (found.rule, found.verdict, found.test.n) == ("always-valid", "undecided", 8)
    told = " ".join(table(load(more.store, "planted", "bbbbbbbb")).notes)
    assert "seen under another plan (planted@aaaaaaaa" in told
    fixed = compared(planted(tmp_path / "fixed", EQUAL, total=8))
    assert (found.test.half_width or 0.0) > (fixed.test.half_width or 0.0)


def test_what_a_fixed_plan_had_decided_is_not_taken_back(tmp_path: Path) -> None:
    raised = [*BETTER[:5], 9.5, 9.9, 9.7]
    more = extended(tmp_path, BETTER[:5], raised, "2026-01-15T00:00:00+00:00")
    found = compared(more)
    assert (found.rule, found.verdict) == ("fixed", "better")
    assert found.marks == {Mark.BETTER}
    told = " ".join(table(load(more.store, "planted", "bbbbbbbb")).notes)
    assert "Decided by an earlier plan: RN (better after 5 seeds" in told


def test_of_two_plans_the_one_that_is_looked_at_first_keeps_its_rule(tmp_path: Path) -> None:
    """To begin many before there is anything to see, and then to look at one by one, is looking."""
    more = extended(tmp_path, EQUAL[:5], EQUAL, "2026-03-01T00:00:00+00:00")
    numbers = tuple(range(8))
    look = Look(when="2026-02-15T00:00:00+00:00", by="run", replicates=numbers, seeds=numbers)
    assert compared(more).rule == "always-valid"
    more.books.note_look(look)
    assert compared(more).rule == "fixed"
    fewer = compare_arms(load(more.store, "planted", "aaaaaaaa"), "test.error")["RN"]
    assert (fewer.rule, fewer.judged.waits) == (
        "always-valid",
        "3 seeds that had been seen are left out",
    )


def test_one_pair_that_was_seen_marks_nothing_and_counts_for_no_look(tmp_path: Path) -> None:
    found = compared(extended(tmp_path, EQUAL[:1], EQUAL, "2026-01-15T00:00:00+00:00"))
    assert found.rule == "fixed"


def test_fewer_seeds_chosen_after_more_were_seen_decide_nothing(tmp_path: Path) -> None:
    seen = [*BETTER[:5], 9.5, 9.9, 9.7]
    found = compared(extended(tmp_path, seen, seen[:5], "2026-01-15T00:00:00+00:00"))
    assert found.verdict == "undecided"
    assert found.judged.waits == "3 seeds that had been seen are left out"


def test_the_same_plan_under_another_setting_is_no_other_look(tmp_path: Path) -> None:
    first = planted(
        tmp_path, EQUAL[:5], total=5, run="aaaaaaaa", created="2026-01-01T00:00:00+00:00"
    )
    first.write()
    first.books.note_look(
        Look(when="2026-01-02T00:00:00+00:00", by="run", replicates=(0, 1), seeds=(0, 1))
    )
    again = planted(
        tmp_path, EQUAL[:5], total=5, run="bbbbbbbb", created="2026-02-01T00:00:00+00:00"
    )
    assert compared(again).rule == "fixed"


def test_whoever_reads_results_leaves_a_line(tmp_path: Path) -> None:
    factory = planted(tmp_path, EQUAL[:3], total=5)
    load(factory.write(), "planted", noted=False)
    assert factory.books.looks() == []
    load(factory.store, "planted")
    load(factory.store, "planted")
    assert [look.by for look in factory.books.looks()] == ["load"]


def test_a_look_is_noted_once_and_not_where_nothing_may_be_written(tmp_path: Path) -> None:
    factory = planted(tmp_path, EQUAL[:3], total=5)
    results = load(factory.write(), "planted", noted=False)
    note_look(results, "load")
    note_look(results, "load")
    (noted,) = factory.books.looks()
    assert noted.replicates == (0, 1, 2)
    factory.store.write(f"{factory.books.folder}/looks.json", b"[")
    note_look(results, "load")  # a damaged book is whoever runs the study's to mend
    assert factory.books.mend()
    assert replace(noted, when="") == Look(
        when="", by="load", replicates=(0, 1, 2), seeds=noted.seeds
    )
