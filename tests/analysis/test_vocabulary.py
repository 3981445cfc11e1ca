"""Tables and figures take names of metrics and settings, titles and units from their homes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from incay import analysis
from incay.analysis.content import Column
from incay.analysis.tables.layouts.columns import column_of
from incay.trainables import names
from incay.trainables.metrics import ACCURACY, ERROR, LOSS, NORM, SPLITS, TEST, VERIFIED, Quantity

PACKAGE = Path(analysis.__file__ or "").parent
NAMES = "|".join({each.name for each in (ACCURACY, LOSS, *VERIFIED)})
METRIC = re.compile(rf"(?:{'|'.join(SPLITS)})?\.(?:{NAMES})")


@pytest.mark.parametrize(
    ("quantity", "split", "expected"),
    [
        (ACCURACY, "", Column(key="accuracy", title="Accuracy", unit="%")),
        (NORM, "", Column(key="norm", title="Mean ‖f‖")),
        (ERROR, TEST, Column(key="error", title="test error", unit="%")),
        (NORM, TEST, Column(key="norm", title="test ‖f‖")),
        (LOSS, "val", Column(key="loss", title="val loss", decimals=4)),
    ],
)
def test_a_column_is_as_the_vocabulary_says(
    quantity: Quantity, split: str, expected: Column
) -> None:
    assert column_of(quantity, split) == expected


def test_percentages_end_at_a_hundred_and_differ_by_points() -> None:
    for quantity in (ACCURACY, LOSS, *VERIFIED):
        assert (quantity.most == 100.0) == (quantity.unit == "%"), quantity.name
        assert (quantity.difference_unit == "points") == (quantity.unit in ("%", "points"))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_metric_is_spelled_again(path: Path) -> None:
    assert [text for text in words(path) if METRIC.fullmatch(text)] == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_setting_is_spelled_again(path: Path) -> None:
    dotted = {value for value in vars(names).values() if isinstance(value, str) and "." in value}
    dotted.discard(names.__name__)
    assert [text for text in words(path) if text in dotted] == []


def words(path: Path) -> Iterator[str]:
    """Yield the strings of a file, those within f-strings in pieces."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
