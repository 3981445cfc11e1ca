from __future__ import annotations

import pytest

from incay.analysis.errors import AnalysisError
from incay.analysis.papers.publications import published_table, published_tables

RANGES = {
    "accuracy": (0.0, 100.0),
    "error": (0.0, 100.0),
    "norm": (0.0, 1_000.0),
    "count": (0, 10_000),
}
SHAPES = {
    "a-table-1": (13, 3),
    "a-table-2": (15, 3),
    "a-table-3": (2, 4),
    "a-table-4": (1, 6),
    "a-table-5": (2, 9),
    "a-table-6": (1, 4),
    "a-table-7": (2, 4),
    "a-table-8": (5, 3),
    "b-table-1": (5, 4),
    "b-table-2": (6, 2),
    "b-table-3": (15, 3),
    "b-table-4": (2, 4),
}
ABSENT = {"a-table-1": 3, "a-table-2": 4, "b-table-3": 4, "b-table-1": 2}


def test_every_file_has_an_expected_shape() -> None:
    assert set(published_tables()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str) -> None:
    table = published_table(name)
    rows, columns = SHAPES[name]
    assert (len(table.rows), len(table.columns)) == (rows, columns)
    assert len(table.values) == rows * columns - ABSENT.get(name, 0)
    assert name == f"{table.paper.lower()}-table-{table.number}"
    assert len({row.key for row in table.rows}) == rows
    assert {column for _, column in table.values} <= {column.key for column in table.columns}


@pytest.mark.parametrize("name", SHAPES)
def test_values_are_within_their_quantitys_range(name: str) -> None:
    table = published_table(name)
    for published, quantity in table.cells():
        if quantity == "text":
            assert isinstance(published.value, str)
        elif published.value == "NAN":
            assert (name, published.column) == ("a-table-4", "> 10")
        else:
            low, high = RANGES[quantity]
            assert isinstance(published.value, int | float)
            assert low < published.value < high


@pytest.mark.parametrize(
    ("name", "row", "column", "value"),
    [
        ("a-table-1", "RN + A-Softmax", "accuracy", 99.47),
        ("a-table-2", "Softmax", "CIFAR10", 8.59),
        ("b-table-3", "Softmax", "CIFAR10", 8.45),
        ("a-table-3", "RN + L-Softmax", "1", 92.40),
        ("b-table-4", "RN + L-Softmax", "0", 92.45),
        ("a-table-5", "RN + Softmax", "added.count", 261),
        ("a-table-7", "norm", "0.005", 231.3),
    ],
)
def test_spot_checks(name: str, row: str, column: str, value: float) -> None:
    published = published_table(name).cell(row, column)
    assert published is not None
    assert published.value == value


def test_sources_name_paper_table_row_and_column() -> None:
    cell = published_table("a-table-2").cell("NiN (Lin et al. (2013))", "CIFAR10")
    assert cell is not None
    assert cell.source == (
        "paper A, Table 2, NiN (Lin et al. (2013)), CIFAR10 (there cited from Lin et al. (2013))"
    )


def test_papers_count_their_own_images() -> None:
    """Table 5: right and wrong add up to CIFAR-10's 10,000 test images, and to the accuracy."""
    table = published_table("a-table-5")
    for row in ("Softmax", "RN + Softmax"):
        right, wrong = table.values[row, "correct.count"], table.values[row, "wrong.count"]
        assert isinstance(right, int)
        assert isinstance(wrong, int)
        assert right + wrong == 10_000
        assert right / 100 == table.values[row, "accuracy"]


def test_unknown_table() -> None:
    with pytest.raises(AnalysisError, match="a-table-9"):
        published_table("a-table-9")
