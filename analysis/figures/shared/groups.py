"""Rows of an Arrow table by the value of a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def distinct(data: pa.Table, column: str) -> list[Any]:
    """Return a column's values in order of first appearance."""
    values: list[Any] = pc.unique(data.column(column)).to_pylist()
    return values


def where(data: pa.Table, **values: Any) -> pa.Table:
    """Return the rows whose columns have the given values."""
    for column, value in values.items():
        data = data.filter(pc.equal(data.column(column), value))
    return data


def numbers(data: pa.Table, column: str) -> npt.NDArray[np.float64]:
    """Return a column as float64; nulls are NaN."""
    values: npt.NDArray[np.float64] = data.column(column).to_numpy().astype(np.float64)
    return values
