"""Conditions of ranges: order never matters, and what can never be searched is refused."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from incay.study.errors import StudyError
from incay.study.spec.reading.document import load_document
from incay.study.spec.searches.conditions import in_order
from incay.study.spec.searches.grid import grid_points, grid_size
from incay.study.spec.searches.ranges import parse_space
from incay.study.spec.study import StudySpec, parse_study

HEAD = """\
name: t
base: {dataset: digits, steps: 20, reports: 2, batch_size: 32, incay: {form: log, weight: 0.1}}
budget: {trials: 4, sampler: SAMPLER}
search:
  all arms:
"""


@pytest.fixture
def parse(tmp_path: Path):
    def parsed(*ranges: str, sampler: str = "random") -> StudySpec:
        path = tmp_path / "study.yaml"
        lines = "".join(f"    {line}\n" for line in ranges)
        path.write_text(HEAD.replace("SAMPLER", sampler) + lines)
        return parse_study(load_document(path))

    return parsed


def spaces(**notations: Any) -> dict[str, Any]:
    return {name: parse_space(notation) for name, notation in notations.items()}


def test_the_order_of_the_file_decides_nothing(parse):
    lines = [
        "incay.weight: {range: log 1e-3 .. 1, when: {incay.form: reciprocal}}",
        "incay.form: [reciprocal, log]",
        "optimizer.lr: log 1e-3 .. 1",
        "incay.start_step: {range: [0, 5], when: {incay.form: log}}",
    ]
    orders = {tuple(parse(*each).arms[0].spaces) for each in itertools.permutations(lines)}
    assert len(orders) == 1
    (order,) = orders
    assert order.index("incay.form") < order.index("incay.weight")
    # Studies whose files have this order draw the points that they have always drawn.
    assert in_order(spaces(w="0.0 .. 1.0", a="0.0 .. 1.0", m="0.0 .. 1.0")) == ["w", "m", "a"]


@pytest.mark.parametrize(
    ("ranges", "line", "expected"),
    [
        (
            (
                "incay.weight: {range: log 1e-3 .. 1, when: {incay.epsilon: 1e-6}}",
                "incay.epsilon: {range: [1e-6, 1e-5], when: {incay.weight: 0.1}}",
            ),
            7,
            "must not wait for each other, but each of these is searched only where the next has "
            "a certain value: incay.epsilon, incay.weight, incay.epsilon",
        ),
        (
            ("incay.form: {range: [log, linear], when: {incay.form: log}}",),
            6,
            "must not depend on its own value",
        ),
        (
            (
                "incay.form: [reciprocal, log]",
                "incay.weight: {range: log 1e-3 .. 1, when: {incay.form: linear}}",
            ),
            7,
            "values that incay.form is searched over (reciprocal, log), but got linear",
        ),
        (
            (
                "incay.weight: log 1e-3 .. 1",
                "incay.form: {range: [log, linear], when: {incay.weight: 0.1}}",
            ),
            7,
            "incay.weight is searched over all numbers from 0.001 to 1, which never meet 0.1",
        ),
        (
            ("incay.weight: {range: log 1e-3 .. 1, when: {incay.form: log}}",),
            6,
            "'when' must name another searched setting, but got 'incay.form'",
        ),
        (
            (
                "incay.gate: [all, correct]",
                "incay.form: {range: [log, linear], when: {incay.gate: all}}",
                "incay.weight: {range: [1, 2], when: {incay.form: log, incay.gate: correct}}",
            ),
            8,
            "its conditions exclude each other: incay.gate would have to be",
        ),
    ],
)
def test_a_range_that_could_never_be_searched_is_refused(ranges, line, expected, parse):
    for sampler in ("random", "grid") if "log 1e" not in str(ranges) else ("random",):
        with pytest.raises(StudyError) as caught:
            parse(*ranges, sampler=sampler)
        assert f"study.yaml:{line}: search.all arms." in str(caught.value)
        assert expected in str(caught.value)


def test_a_grid_has_each_point_once_whatever_the_order():
    axes = {
        "b": {"range": [1, 2], "when": {"a": "x"}},
        "a": ["x", "y"],
        "c": "1 .. 3",
    }
    found = [grid_points(spaces(**{n: axes[n] for n in o})) for o in itertools.permutations(axes)]
    assert all(points == found[0] for points in found)
    assert len(found[0]) == 9
    assert all(("b" in point) == (point["a"] == "x") for point in found[0])
    assert grid_size(spaces(a="0.0 .. 1.0")) is None


def test_a_grid_without_a_useful_end_is_refused_and_other_samplers_take_it(parse):
    huge = "incay.start_step: 0 .. 1000000000"
    with pytest.raises(StudyError, match=r"yaml:6: .*start_step alone has 1,000,000,001"):
        parse(huge, sampler="grid")
    wide = [f"{name}: 1 .. 500" for name in ("incay.start_step", "batch_size")]
    with pytest.raises(StudyError, match=r"yaml:3: budget\.sampler: .*at most 100,000 points"):
        parse(*wide, sampler="grid")
    assert parse(huge).arms[0].search
