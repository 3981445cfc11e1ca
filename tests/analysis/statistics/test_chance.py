"""What the next look would bring, against simulation; seeds needed as an interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from incay.analysis.statistics.effect import effect_interval
from incay.analysis.statistics.power import seeds_needed, seeds_needed_between
from incay.analysis.statistics.sequential.chance import chance_to_decide_at


@pytest.mark.parametrize(
    ("n", "next_n", "difference", "deviation", "boundary"),
    [
        (5, 10, 0.6, 1.0, 0.05),
        (3, 20, 0.5, 1.0, 0.05),
        (5, 6, 1.2, 1.0, 0.05),
        (2, 5, 1.0, 0.3, 0.01),
        (5, 10, 0.05, 1.0, 0.2),
        (5, 30, -2.0, 4.0, 0.02),
    ],
)
def test_chance_is_that_of_a_simulation(
    n: int, next_n: int, difference: float, deviation: float, boundary: float
) -> None:
    to_come = np.random.default_rng(0).normal(difference, deviation, (100_000, next_n - n))
    mean = (n * difference + to_come.sum(axis=1)) / next_n
    squares = (n - 1) * deviation**2 + n * difference**2 + (to_come**2).sum(axis=1)
    error = np.sqrt((squares - next_n * mean**2) / (next_n - 1) / next_n)
    decided = 2 * stats.t.sf(abs(mean) / error, next_n - 1) < boundary
    chance = chance_to_decide_at(
        next_n, n=n, difference=difference, deviation=deviation, boundary=boundary
    )
    assert chance is not None
    assert chance.as_measured == pytest.approx(decided.mean(), abs=0.006)
    assert 0.0 <= chance.least <= chance.as_measured <= chance.most <= 1.0


def test_few_seeds_tell_little_of_the_chance() -> None:
    few, many = (
        chance_to_decide_at(2 * n, n=n, difference=0.5, deviation=1.0, boundary=0.05)
        for n in (4, 40)
    )
    assert few is not None
    assert many is not None
    assert few.most - few.least > 0.8
    assert many.least > few.least


def test_nothing_is_known_of_what_shows_no_spread() -> None:
    for n, deviation in ((1, None), (4, 0.0)):
        assert (
            chance_to_decide_at(9, n=n, difference=1.0, deviation=deviation, boundary=0.05) is None
        )
        assert effect_interval(n, 1.0, deviation) is None
        assert seeds_needed_between(n, 1.0, deviation, 0.05) is None
    nothing = chance_to_decide_at(9, n=5, difference=1.0, deviation=1.0, boundary=0.0)
    assert nothing is not None
    assert nothing.most == 0.0
    with pytest.raises(ValueError, match="more than 5 differences, but got 5"):
        chance_to_decide_at(5, n=5, difference=1.0, deviation=1.0, boundary=0.05)


@pytest.mark.parametrize(
    ("n", "difference", "deviation"),
    [(5, 1.0, 1.0), (3, 2.0, 0.1), (20, -3.0, 1.0), (2, 1.0, 0.01), (50, 200.0, 1.0)],
)
def test_effect_interval_is_that_of_the_noncentral_t(
    n: int, difference: float, deviation: float
) -> None:
    interval = effect_interval(n, difference, deviation)
    assert interval is not None
    t = np.sqrt(n) * difference / deviation
    ends = [stats.nct.cdf(t, n - 1, np.sqrt(n) * end) for end in interval]
    assert ends == pytest.approx([0.975, 0.025], abs=1e-6)


def test_effect_interval_holds_the_effect_as_often_as_it_says() -> None:
    values = np.random.default_rng(0).normal(0.8, 1.0, (400, 6))
    held = []
    for row in values:
        interval = effect_interval(6, row.mean(), row.std(ddof=1), 0.8)
        assert interval is not None
        held.append(interval[0] < 0.8 < interval[1])
    assert np.mean(held) == pytest.approx(0.8, abs=0.07)


def test_seeds_needed_lie_between_those_of_the_interval_s_ends() -> None:
    needed = seeds_needed_between(5, 1.0, 1.0, 0.01, confidence=0.8)
    interval = effect_interval(5, 1.0, 1.0, 0.8)
    assert needed is not None
    assert interval is not None
    assert needed.point == seeds_needed(1.0, 0.01)
    assert (needed.least, needed.most) == tuple(seeds_needed(end, 0.01) for end in interval[::-1])


def test_an_effect_that_may_be_none_needs_no_most() -> None:
    needed = seeds_needed_between(5, 1.0, 1.0, 0.01)
    assert needed is not None
    assert needed.most is None
    assert needed.least is not None
    assert seeds_needed_between(5, 0.0, 1.0, 0.01) is None
