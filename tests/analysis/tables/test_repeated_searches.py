"""Repeated searches: searches are the replicates, and the spread of tuning is shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations
from statistics import fmean

import numpy as np
import numpy.typing as npt
import pytest
from built_tables import built, cell
from study_factory import RN, StudyFactory

from incay.analysis import figure, load, table
from incay.analysis.comparing.comparisons import compare_arms
from incay.analysis.comparing.tuning import tuning_spread
from incay.analysis.statistics.expected_best import expected_best
from incay.analysis.statistics.paired import paired_test
from incay.analysis.statistics.summary import t_quantile

DECAY = "optimizer.weight_decay"
SPACE = {DECAY: "log 1e-5 .. 1e-2"}
PLAIN = [[5.0, 5.2], [4.0, 4.4], [6.0, 6.2]]
BETTER = [[4.0, 4.1], [3.1, 3.3], [4.9, 5.3]]


def repeated(factory: StudyFactory, **errors: Sequence[Sequence[float]]) -> StudyFactory:
    """Write arms whose searches, three each, were confirmed with these errors."""
    factory.document |= {
        "budget": {"trials": 2, "sampler": "random", "pruner": "none"},
        "replicates": 6,
        "repetitions": 3,
    }
    for name, searches in errors.items():
        factory.arm(name, RN if name == "RN" else {}, SPACE)
        for search, values in enumerate(searches):
            for number, error in enumerate((9.0, 7.0 + search)):
                params = {DECAY: 1e-4 * (1 + number + search)}
                factory.trial(
                    name,
                    number,
                    {"val.error": error},
                    phase="search",
                    params=params,
                    repetition=search,
                )
            for seed, value in enumerate(values):
                metrics = {"test.error": value, "test.norm": 10.0, "test.loss": 0.1}
                number = len(values) * search + seed
                factory.trial(name, number, metrics, params=params, repetition=search)
    return factory


def test_searches_are_the_replicates_of_means_and_tests(factory: StudyFactory) -> None:
    shown = built(repeated(factory, Softmax=PLAIN, RN=BETTER), "general")
    error = cell(shown, "Softmax", "error")
    means = [fmean(each) for each in PLAIN]
    assert error.value == pytest.approx(fmean(means))
    assert error.half_width == pytest.approx(4.3027 * np.std(means, ddof=1) / 3**0.5, rel=1e-4)
    assert (error.n, len(error.fingerprints)) == (3, 6)
    read = load(factory.write(), "planted")
    (comparison,) = compare_arms(read, "test.error").values()
    expected = paired_test(
        {i: fmean(each) for i, each in enumerate(BETTER)}, dict(enumerate(means))
    )
    assert comparison.test == expected
    assert comparison.unit == "search"
    assert any("over 3 searches; the value of a search is the mean" in note for note in shown.notes)
    assert any("search by search" in note for note in shown.notes)
    assert "3 times over, settings were searched" in shown.protocol
    every = table(read, "comparisons")
    assert any("seeds of one search are no replicates" in note for note in every.notes)


def test_each_search_shows_its_winner_and_the_winners_their_mean(factory: StudyFactory) -> None:
    shown = built(repeated(factory, Softmax=PLAIN), "general")
    assert cell(shown, "Softmax", DECAY).text == "0.0002; 0.0003; 0.0004"
    validated = cell(shown, "Softmax", "validated")
    assert (validated.value, validated.n) == (8.0, 3)
    assert cell(shown, "Softmax", "gap").value == pytest.approx(5.1333 - 8.0, abs=1e-3)


def test_the_spread_of_tuning_is_taken_apart_from_that_of_seeds(factory: StudyFactory) -> None:
    draw = random.Random(0)
    searches = [[5.0 + a + draw.gauss(0.0, 0.3) for _ in range(2)] for a in (-1.0, 0.0, 1.0)]
    read = load(repeated(factory, Softmax=searches).write(), "planted")
    found = tuning_spread(read, read.arms[0], "test.error")
    within = fmean(float(np.var(each, ddof=1)) for each in searches)
    between = float(np.var([fmean(each) for each in searches], ddof=1)) - within / 2
    assert found.seeds == pytest.approx(within**0.5)
    assert found.searches == pytest.approx(between**0.5)
    shown = built(factory, "general")
    assert cell(shown, "Softmax", "sd_searches").value == pytest.approx(between**0.5)
    assert cell(shown, "Softmax", "sd_seeds").value == pytest.approx(within**0.5)


def test_seeds_that_spread_as_far_leave_nothing_for_the_search(factory: StudyFactory) -> None:
    same = [[4.0, 6.0], [4.1, 5.9], [3.9, 6.1]]
    read = load(repeated(factory, Softmax=same).write(), "planted")
    assert tuning_spread(read, read.arms[0], "test.error").searches == 0.0


def test_an_arm_that_is_not_searched_has_no_spread_of_tuning(factory: StudyFactory) -> None:
    repeated(factory, RN=BETTER)
    factory.arm("Softmax")
    for number in range(6):
        factory.trial("Softmax", number, {"test.error": 5.0 + number}, repetition=number // 2)
    factory.document["baseline"] = "Softmax"
    shown = table(load(factory.write(), "planted"), allow_unequal=True)
    assert cell(shown, "Softmax", "sd_searches").reason == "not searched"
    assert cell(shown, "Softmax", "error").n == 3


def test_few_searches_decide_nothing_by_their_many_seeds(factory: StudyFactory) -> None:
    """A test over seeds would: its six pairs share two searches each."""
    lucky = [[5.0 + 0.01 * seed for seed in range(4)] for _ in range(3)]
    unlucky = [[4.0, 4.01, 4.02, 4.03], [5.2, 5.21, 5.22, 5.23], [3.9, 3.91, 3.92, 3.93]]
    read = load(repeated(factory, Softmax=lucky, RN=unlucky).write(), "planted")
    (comparison,) = compare_arms(read, "test.error").values()
    assert not comparison.decided
    pooled = paired_test(
        dict(enumerate(value for each in unlucky for value in each)),
        dict(enumerate(value for each in lucky for value in each)),
    )
    assert pooled is not None
    assert pooled.p is not None
    assert pooled.p < 0.05


@pytest.mark.parametrize("better", ["min", "max"])
def test_the_expected_best_is_the_mean_over_all_orders(better: str) -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    best = max if better == "max" else min
    orders = list(permutations(values))
    for n, expected in enumerate(expected_best(values, better), start=1):
        assert expected == pytest.approx(fmean(best(order[:n]) for order in orders))


def test_the_expected_best_is_told_of_random_searches_alone(factory: StudyFactory) -> None:
    repeated(factory, Softmax=PLAIN)
    rows = figure(load(factory.write(), "planted"), "best-so-far").to_pandas()
    first = rows[rows["repetition"] == 0]
    assert first["expected"].to_list() == [8.0, 7.0]  # the mean of 9 and 7, and the best
    factory.document["budget"] = {"trials": 2, "sampler": "tpe", "pruner": "none"}
    shown = figure(load(factory.write(), "planted"), "best-so-far")
    assert shown.to_pandas()["expected"].isna().all()
    assert b"no expected best" in (shown.data.schema.metadata or {})[b"orders"]
    shown.render("svg")


def test_the_arms_own_settings_come_first_in_every_order(factory: StudyFactory) -> None:
    factory.document["budget"] = {"trials": 4, "sampler": "random", "pruner": "none"}
    factory.arm("Softmax", {}, SPACE)
    for number, (decay, error) in enumerate(((5e-4, 6.0), (1e-4, 9.0), (1e-3, 4.0), (2e-3, 5.0))):
        factory.trial(
            "Softmax", number, {"val.error": error}, phase="search", params={DECAY: decay}
        )
    rows = figure(load(factory.write(), "planted"), "best-so-far").to_pandas()
    orders = [(6.0, *rest) for rest in permutations((9.0, 4.0, 5.0))]
    assert rows["expected"].to_list() == pytest.approx(
        [fmean(min(order[:n]) for order in orders) for n in range(1, 5)]
    )
    figure(load(factory.write(), "planted"), "best-so-far").render("svg")


def test_counting_seeds_in_place_of_searches_would_find_what_is_not_there() -> None:
    """As docs/results.md says: arms of which only the searches' luck differs, 4,000 studies."""
    draw = np.random.default_rng(0)
    searches, seeds, studies = 5, 4, 4000
    luck = draw.normal(0.0, 2.0, (studies, 2, searches, 1))
    errors = luck + draw.normal(0.0, 1.0, (studies, 2, searches, seeds))
    differences = errors[:, 1] - errors[:, 0]
    counted = differences.reshape(studies, searches * seeds)
    clustered = differences.mean(axis=2)
    found = [
        float((np.abs(_statistic(values)) > t_quantile(values.shape[1] - 1, 0.95)).mean())
        for values in (counted, clustered)
    ]
    assert found[0] > 0.3
    assert found[1] == pytest.approx(0.05, abs=0.011)


def _statistic(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return t of each row: (studies, replicates) to (studies,)."""
    n = values.shape[1]
    found: npt.NDArray[np.float64] = values.mean(axis=1) / values.std(axis=1, ddof=1) * n**0.5
    return found
