"""What a Parquet file says of itself in its last bytes, before its rows are read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from incay.trainables.data.images.damage import shown
from incay.trainables.data.images.hf_parquet import IMAGE_COLUMNS, LABEL_COLUMNS, ParquetColumns
from incay.trainables.data.images.limits import UNPACKED, most_unpacked

_OF_A_ROW = 256
"""Bytes that a row takes once it is read, though the file may hold next to none of it."""


def parquet_problem(path: Path, columns: ParquetColumns) -> str:
    """Return why a file's columns or rows cannot be read, empty where they can.

    What is no Parquet file at all is told by who reads it.

    Args:
        path: A file.
        columns: Which columns are read.

    Raises:
        DataError: See `most_unpacked`.
    """
    try:
        with pq.ParquetFile(path) as file:
            names, rows = file.schema_arrow.names, file.metadata.num_rows
    except (OSError, ValueError, LookupError, pa.ArrowException):
        return ""
    image = (columns.image,) if columns.image else IMAGE_COLUMNS
    label = (columns.label,) if columns.label else LABEL_COLUMNS
    for name in (*image, *label):
        if names.count(name) > 1:
            return f"{shown(path)} must have one column {name!r}, but has {names.count(name):,}"
    most = most_unpacked(path.stat().st_size) // _OF_A_ROW
    if rows > most:
        at_most = f"at most {most:,} rows ({UNPACKED} raises it)"
        return f"{shown(path)} must hold {at_most}, but has {rows:,}"
    return ""
