"""Tables as CSV: one row per row, every number in a column of its own."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from incay.analysis.content import TableContent
from incay.analysis.output.flat import flat_table
from incay.analysis.output.renderers.base import register_renderer
from incay.trainables.outgoing import printable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets compute, programs that it starts included."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@register_renderer("csv", suffix=".csv")
def render_csv(table: TableContent) -> str:
    """Return the columns of `flat_table` with a heading line; numbers are not rounded.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    flat = flat_table(table)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(cell_text, flat.column_names))
    columns = ([cell_text(value) for value in column.to_pylist()] for column in flat.columns)
    writer.writerows(zip(*columns, strict=True))
    return file.getvalue()


def cell_text(value: Any) -> Any:
    """Return a value as it stands in a cell."""
    if not isinstance(value, str):
        return value
    is_formula = value.startswith(_FORMULA) and not _NUMBER.fullmatch(value)
    return "'" + printable(value) if is_formula else printable(value)
