"""Search spaces in a study file's notation."""

from __future__ import annotations

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from incay.study.search.distributions import distribution
from incay.study.spec.searches.ranges import parse_space


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("log 1e-5 .. 1e-2", FloatDistribution(1e-5, 1e-2, log=True)),
        ("0.1 .. 0.9", FloatDistribution(0.1, 0.9)),
        ("1 .. 4", IntDistribution(1, 4)),
        ("log 1 .. 64", IntDistribution(1, 64, log=True)),
        ("  0..1.5", FloatDistribution(0.0, 1.5)),
        (["none", 3, "3 x mean"], CategoricalDistribution(["none", 3, "3 x mean"])),
    ],
)
def test_notation(notation, expected):
    assert distribution(parse_space(notation).range) == expected


@pytest.mark.parametrize(
    "notation", ["", "1", "2 .. 1", "log -1 .. 1", "a .. b", [], [1, 1], [[1]], 3, None]
)
def test_bad_notation(notation):
    with pytest.raises(ValueError, match=r"search|range|list"):
        parse_space(notation)
