"""Keys: the same number has the same one, another number another, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from study_factory import RN, StudyFactory

from incay.analysis import load, render, table
from incay.analysis.content import Cell, Column, Mark, Row
from incay.analysis.output.keys import PATTERN, keys_of, parse_key
from incay.analysis.output.table import Table

NUMBER = Cell(value=8.1, half_width=0.25, n=2, fingerprints=("a" * 20, "b" * 20))


@pytest.fixture
def planted(factory: StudyFactory) -> Table:
    factory.arm("Softmax")
    factory.arm("RN + Softmax", RN)
    factory.replicates("Softmax", [8.0, 8.1, 8.2])
    factory.replicates("RN + Softmax", [5.0, 5.2, 5.4])
    return table(load(factory.write(), "planted"))


def holding(*cells: Cell, name: str = "t", run: str = "r", row: str = "A") -> Table:
    return Table(
        name=name,
        title="T",
        study="s",
        run=run,
        protocol="",
        columns=(Column(key="error", title="error"), Column(key="norm", title="norm")),
        rows=tuple(Row(name=row, cells={"error": cell}) for cell in cells),
    )


def key(shown: Table, row: int = 0) -> str:
    return keys_of(shown).cells[row, "error"]


def test_a_table_that_is_built_twice_has_the_same_keys(factory: StudyFactory) -> None:
    factory.arm("Softmax")
    factory.replicates("Softmax", [8.0, 8.1, 8.2])
    store = factory.write()
    first, again = (keys_of(table(load(store, "planted"))) for _ in range(2))
    assert first == again
    assert all(re.fullmatch(PATTERN, each) for each in (first.table, *first.cells.values()))


@pytest.mark.parametrize(
    "change",
    [
        {"value": 8.2},
        {"value": None, "reason": "diverged 3 of 3"},
        {"half_width": 0.26},
        {"half_width": None},
        {"n": 3},
        {"text": "8.1"},
        {"fingerprints": ("a" * 20, "c" * 20)},
        {"fingerprints": ("a" * 20,)},
    ],
    ids=str,
)
def test_another_number_has_another_key_at_the_same_place(change: dict[str, object]) -> None:
    before, after = key(holding(NUMBER)), key(holding(replace(NUMBER, **change)))
    assert before != after
    assert before.rpartition("-")[0] == after.rpartition("-")[0]
    assert keys_of(holding(NUMBER)).table != keys_of(holding(replace(NUMBER, **change))).table


@pytest.mark.parametrize(
    "change",
    [
        {"marks": frozenset({Mark.BETTER})},
        {"notes": ("another arm has diverged",)},
        {"value": 8.1 + 1e-14, "half_width": 0.25 - 1e-16},
        {"fingerprints": ("b" * 20, "a" * 20)},
    ],
    ids=["mark", "note", "rounding", "order"],
)
def test_what_is_said_of_a_number_leaves_its_key(change: dict[str, object]) -> None:
    assert key(holding(NUMBER)) == key(holding(replace(NUMBER, **change)))


def test_no_number_and_minus_no_number_are_one() -> None:
    assert key(holding(Cell(value=0.0))) == key(holding(Cell(value=-0.0)))


def test_each_place_has_a_key_of_its_own() -> None:
    places = [
        holding(NUMBER),
        holding(NUMBER, name="u"),
        holding(NUMBER, run="q"),
        holding(NUMBER, row="B"),
    ]
    assert len({key(each) for each in places}) == 4
    twice = holding(NUMBER, NUMBER)  # rows of one name
    assert key(twice, 0) != key(twice, 1)
    assert key(twice, 0) == key(places[0])


def test_a_cell_that_holds_nothing_has_none() -> None:
    assert keys_of(holding(Cell())).cells == {}


def test_cells_that_say_the_same_do_not_share_a_key() -> None:
    pending = Cell(reason="pending 5 of 5")
    rows = tuple(
        Row(name=f"arm {number}", cells={"error": pending, "norm": pending})
        for number in range(1_000)
    )
    assert len(set(keys_of(replace(holding(), rows=rows)).cells.values())) == 2_000


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kq3-x7v-2mab", "kq3-x7v-2mab"),
        ("KQ3 X7V 2MAB", "kq3-x7v-2mab"),
        ("kq3x7v2mab", "kq3-x7v-2mab"),
        ("incay:kq3-x7v-2mab", "kq3-x7v-2mab"),
        ("ab0-cd1-ef8g", "abo-cdl-efbg"),
        ("kq3-x7v-2ma", None),
        ("kq3-x7v-2mabc", None),
        ("kq3-x7v-2ma9", None),
        ("", None),
    ],
)
def test_keys_as_people_type_them(typed: str, meant: str | None) -> None:
    assert parse_key(typed) == meant


def test_every_format_carries_the_keys(planted: Table) -> None:
    keys = keys_of(planted)
    every = set(keys.cells.values())
    assert len(every) == len(keys.cells) == 10
    for name in ("terminal", "markdown"):
        assert set(re.findall(PATTERN, render(planted, name))) == {keys.table}
    latex = render(planted, "latex")
    assert set(re.findall(rf"\\incaykey\{{({PATTERN})\}}", latex)) == every
    assert f"incay trace {keys.table} -{{}}-cell ROW/COLUMN" in latex
    html = render(planted, "html")
    assert set(re.findall(rf'id="incay-({PATTERN})"', html)) == every
    error = keys.cells[1, "error"]
    assert f'id="incay-{error}" title="3 trials: incay trace {error}"' in html
    rows = list(csv.DictReader(io.StringIO(render(planted, "csv"))))
    assert rows[1]["error.key"] == error
    assert {row[f"{column}.key"] for row in rows for _, column in keys.cells} - {""} == every
    values = json.loads(render(planted, "json"))
    assert values["key"] == keys.table
    assert values["rows"][1]["cells"]["error"]["key"] == error
    assert planted.to_arrow().column("error.key").to_pylist()[1] == error


def test_csv_has_its_other_columns_where_they_were(planted: Table) -> None:
    heading = render(planted, "csv").splitlines()[0].split(",")
    first = next(place for place, name in enumerate(heading) if name.endswith(".key"))
    assert heading[first - 4 : first] == ["study", "run", "protocol", "notes"]
    assert all(name.endswith(".key") for name in heading[first:])
