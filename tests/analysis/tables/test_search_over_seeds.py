"""A search over several seeds, as tables and figures show it: points by their means."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from built_tables import built, cell
from study_factory import StudyFactory

from incay.analysis import AnalysisError, figure, load, table
from incay.analysis.results.points import search_points

DECAY = "optimizer.weight_decay"
SPACE = {DECAY: "log 1e-5 .. 1e-2"}


def seeded(factory: StudyFactory, **budget: object) -> StudyFactory:
    factory.document["budget"] = {"trials": 3, "seeds": 3, "sampler": "random", **budget}
    return factory


def point(factory: StudyFactory, arm: str, number: int, errors: Sequence[float | None]) -> None:
    """Add a point with these validation errors; None is a seed that diverged."""
    for replicate, error in enumerate(errors):
        factory.trial(
            arm,
            number,
            {} if error is None else {"val.error": error},
            phase="search",
            status="diverged" if error is None else "completed",
            params={DECAY: 1e-4 * (number + 1)},
            replicate=replicate,
        )


def test_the_winner_is_shown_with_its_mean_and_the_error_of_it(factory: StudyFactory) -> None:
    seeded(factory).arm("Softmax", {}, SPACE)
    point(factory, "Softmax", 0, [4.0, 9.0, 9.0])  # the luckiest seed
    point(factory, "Softmax", 1, [6.0, 7.0, 8.0])
    point(factory, "Softmax", 2, [5.0])  # spared
    shown = built(factory, "general")
    assert cell(shown, "Softmax", DECAY).text == "0.0002 (best so far)"
    for number, error in enumerate((8.0, 9.0)):
        factory.trial("Softmax", number, {"test.error": error}, params={DECAY: 2e-4})
    shown = built(factory, "general")
    validated = cell(shown, "Softmax", "validated")
    assert validated.value == 7.0
    assert validated.half_width == pytest.approx(2.484, abs=1e-3)  # t, 2 degrees of freedom
    assert (validated.n, len(validated.fingerprints)) == (3, 3)
    assert cell(shown, "Softmax", "gap").value == 1.5
    assert "search of 3 points: 7 completed" in cell(shown, "Softmax", "endings").text
    assert any("over 2 seeds" in note for note in shown.notes)
    assert any("means over the search's 3 seeds" in note for note in shown.notes)


def test_a_point_without_all_of_its_seeds_has_no_mean(factory: StudyFactory) -> None:
    seeded(factory).arm("Softmax", {}, SPACE)
    point(factory, "Softmax", 0, [9.0, 9.0, 9.0])
    point(factory, "Softmax", 1, [1.0, None, 1.0])
    point(factory, "Softmax", 2, [1.0, 1.0])
    read = load(factory.write(), "planted")
    (arm,) = read.arms
    assert [each.metric("val.error") for each in search_points(read, arm)] == [9.0, None, None]
    shown = figure(read, "best-so-far").to_pandas()
    assert shown["trials"].to_list() == [3, 6, 8]
    assert shown["best"].to_list() == [9.0, 9.0, 9.0]


def test_one_trial_listed_for_two_seeds_is_no_mean(factory: StudyFactory) -> None:
    seeded(factory).arm("Softmax", {}, SPACE)
    point(factory, "Softmax", 0, [2.0, 4.0, 6.0])
    factory.trials[2]["fingerprint"] = factory.trials[0]["fingerprint"]
    read = load(factory.write(), "planted")
    assert search_points(read, read.arms[0])[0].metric("val.error") is None


def test_budgets_are_compared_by_points_or_by_trainings(factory: StudyFactory) -> None:
    for name, spared in (("Softmax", [5.0]), ("RN", [5.0, 5.0, 5.0])):
        factory.arm(name, {}, SPACE)
        point(factory, name, 0, [4.0, 4.0, 4.0])
        point(factory, name, 1, spared)
        factory.trial(name, 0, {"test.error": 4.0}, params={DECAY: 1e-4})
    seeded(factory, race="paired")
    table(load(factory.write(), "planted"))
    seeded(factory, race="paired", trainings=6)
    with pytest.raises(AnalysisError, match="search trainings: Softmax 4, RN 6"):
        table(load(factory.write(), "planted"))
