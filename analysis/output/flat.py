"""A table as an Arrow table: one row per row, every number in a column of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from incay.analysis.content import Cell, Column, TableContent
from incay.analysis.output.keys import keys_of

_Value = Callable[[Cell], Any]

_NUMERIC: tuple[tuple[str, pa.DataType, _Value], ...] = (
    ("", pa.float64(), lambda cell: cell.value),
    (".half_width", pa.float64(), lambda cell: cell.half_width),
    (".low", pa.float64(), lambda cell: cell.interval[0] if cell.interval else None),
    (".high", pa.float64(), lambda cell: cell.interval[1] if cell.interval else None),
    (".n", pa.int64(), lambda cell: cell.n or None),
    (".missing", pa.string(), lambda cell: cell.reason or None),
    (".marks", pa.string(), lambda cell: " ".join(sorted(m.value for m in cell.marks)) or None),
)
_PUBLISHED: tuple[tuple[str, pa.DataType, _Value], ...] = (
    (".published", pa.string(), lambda cell: _text(cell)),
    (".source", pa.string(), lambda cell: cell.published.source if cell.published else None),
    (".verdict", pa.string(), lambda cell: cell.published.verdict if cell.published else None),
)


def flat_table(table: TableContent) -> pa.Table:
    """Return the rows' names, whether they are cited, and every column's numbers.

    A column ``accuracy`` becomes ``accuracy``, ``accuracy.half_width``, ``accuracy.n`` and so
    on (``.low`` and ``.high`` of an interval that is not ±); those that hold nothing are left out,
    except the first. Study, run, protocol and notes stand in every row, so that rows keep their
    meaning when they are cut out. The cells' keys come last, as ``accuracy.key``.
    """
    arrays: dict[str, pa.Array] = {
        table.row_title.lower(): pa.array([row.name for row in table.rows], pa.string()),
        "cited": pa.array([row.cited for row in table.rows], pa.bool_()),
    }
    for column in table.columns:
        cells = [row.cells.get(column.key, Cell()) for row in table.rows]
        arrays |= _columns(column, cells)
    notes = [
        " ".join((*table.notes, *_unique(n for c in row.cells.values() for n in c.notes)))
        for row in table.rows
    ]
    count = len(table.rows)
    for name, values in (
        ("study", [table.study] * count),
        ("run", [table.run] * count),
        ("protocol", [table.protocol] * count),
        ("notes", notes),
    ):
        arrays[name] = pa.array(values, pa.string())
    return pa.table(arrays | _keys(table))


def _keys(table: TableContent) -> dict[str, pa.Array]:
    cells = keys_of(table).cells
    named = [column.key for column in table.columns if any(key == column.key for _, key in cells)]
    rows = range(len(table.rows))
    return {
        f"{name}.key": pa.array([cells.get((row, name)) for row in rows], pa.string())
        for name in named
    }


def _columns(column: Column, cells: list[Cell]) -> dict[str, pa.Array]:
    if not column.numeric:
        return {column.key: pa.array([cell.text or None for cell in cells], pa.string())}
    arrays = {}
    for suffix, kind, value in (*_NUMERIC, *_PUBLISHED):
        values = [value(cell) for cell in cells]
        if suffix == "" and column.decimals == 0:
            kind, values = pa.int64(), [None if v is None else round(v) for v in values]
        if suffix == "" or any(each is not None for each in values):
            arrays[column.key + suffix] = pa.array(values, kind)
    return arrays


def _text(cell: Cell) -> str | None:
    return None if cell.published is None else str(cell.published.value)


def _unique(notes: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(notes))
