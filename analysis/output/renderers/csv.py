"""Tables as CSV: one row per row, every number in a column of its own."""

from __future__ import annotations

import csv
import io

from incay.analysis.content import TableContent
from incay.analysis.output.flat import flat_table
from incay.analysis.output.renderers.base import register_renderer


@register_renderer("csv", suffix=".csv")
def render_csv(table: TableContent) -> str:
    """Return the columns of `flat_table` with a heading line; numbers are not rounded."""
    flat = flat_table(table)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(flat.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in flat.columns), strict=True))
    return file.getvalue()
