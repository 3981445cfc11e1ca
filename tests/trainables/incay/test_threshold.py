"""The notation of thresholds."""

from __future__ import annotations

import math

import pytest

from incay.trainables.incay.threshold import Threshold, arm_reference, parse_threshold

SQRT2_FACTOR = 1 + math.sqrt(2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("none", Threshold()),
        (483, Threshold(norm=483.0)),
        (0.5, Threshold(norm=0.5)),
        ("3 x mean", Threshold(multiple=3.0)),
        ("2.5e0 x mean", Threshold(multiple=2.5)),
        ("1+sqrt2 x mean", Threshold(multiple=SQRT2_FACTOR)),
        ("  1 + sqrt2  x  mean ", Threshold(multiple=SQRT2_FACTOR)),
    ],
)
def test_reads(value: float | str, expected: Threshold) -> None:
    assert parse_threshold(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1.0, math.nan, math.inf, True),
        *("", "3", "3 x", "x mean", "0 x mean", "-2 x mean", "nan x mean", "1e999 x mean"),
        *("3 x median", "sqrt2 x mean", "1+sqrt2", "0 x arm:Softmax", "3 x arm:", "3 x arm: "),
    ],
)
def test_refuses(value: float | str) -> None:
    with pytest.raises(ValueError, match="threshold must be none, a norm > 0, 'FACTOR x mean'"):
        parse_threshold(value)
    assert arm_reference(value) is None


@pytest.mark.parametrize(
    ("value", "factor", "arm"),
    [
        ("1+sqrt2 x arm:Softmax", SQRT2_FACTOR, "Softmax"),
        ("3 x arm:RN + Softmax", 3.0, "RN + Softmax"),
        ("3 x arm: A x mean ", 3.0, "A x mean"),
    ],
)
def test_a_reference_to_an_arm_is_for_the_study_to_resolve(
    value: str, factor: float, arm: str
) -> None:
    assert arm_reference(value) == (factor, arm)
    with pytest.raises(ValueError, match=r"must be a number once training starts.*mean norm of"):
        parse_threshold(value)


@pytest.mark.parametrize("value", ["none", 483, "3 x mean", "1+sqrt2 x mean"])
def test_other_notations_refer_to_no_arm(value: float | str) -> None:
    assert arm_reference(value) is None
