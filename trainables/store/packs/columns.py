"""Records as the columns of a Parquet file: a row says what a record's JSON says, to the bit.

One column each for what every record has; ``config.NAME`` and ``provenance.NAME`` for the parts of
settings and provenance, as JSON, since most trials share most of theirs and Parquet keeps a text
once; ``metrics.NAME`` as numbers, where NaN is what JSON has no word for; ``files.NAME`` for the
checksums of tables. What a record lacks is null.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incay.trainables.store.reading.damage import RecordError, refuse_newer
from incay.trainables.store.reading.door import require
from incay.trainables.store.reading.parquet import FREE, bytes_in_memory, opened

NEWEST = 1
"""The newest layout of columns that this program reads."""
NAME = "fingerprint"
TEXTS = (NAME, "status", "reason", "data_hash", "code_version")
NUMBERS = ("step", "schema")
CONFIG, PROVENANCE, METRICS, FILES = "config", "provenance", "metrics", "files"
PARTS = (CONFIG, PROVENANCE)
"""What is kept part by part, as JSON."""
FIELDS = frozenset((*TEXTS, *NUMBERS, *PARTS, METRICS, FILES))
"""What a record has; one that has anything else is a newer program's, and stays as it is."""
MOST_CELLS = 2**20
"""Of a pack: a thousand records have some hundred values each."""
MOST_BYTES = 2**28
"""Letters of all its records: most share most of theirs, and are kept with them once."""
_LAYOUT = b"incay.pack"


def to_parquet(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Return records as a Parquet file.

    Args:
        records: The plain values of each, such as its JSON holds.

    Raises:
        ArrowException: A value has no place in a column.
    """
    columns: dict[str, pa.Array] = {}
    for name in TEXTS:
        columns[name] = pa.array([each[name] for each in records], pa.string())
    for name in NUMBERS:
        columns[name] = pa.array([each[name] for each in records], pa.int64())
    for group in PARTS:
        for name in _names(records, group):
            texts = [json.dumps(e[group][name]) if name in e[group] else None for e in records]
            columns[f"{group}.{name}"] = pa.array(texts, pa.string())
    for name in _names(records, METRICS):
        numbers = [_number(each[METRICS], name) for each in records]
        columns[f"{METRICS}.{name}"] = pa.array(numbers, pa.float64(), from_pandas=False)
    for name in _names(records, FILES):
        sums = [each[FILES].get(name) for each in records]
        columns[f"{FILES}.{name}"] = pa.array(sums, pa.string())
    table = pa.table(columns).replace_schema_metadata({_LAYOUT: str(NEWEST)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def from_parquet(content: bytes, where: str) -> pa.Table:
    """Return the table that `to_parquet` wrote, texts as dictionaries, in one piece.

    Raises:
        RecordError: It is none, or a `ForeignRecordError`: a newer program's.
    """
    require(len(content) <= FREE, f"at most {FREE:,} bytes", where)
    with opened(content, where, partial(_check, where=where)) as file:
        table = file.read(use_threads=False).combine_chunks()
        table.validate(full=True)
        require(_spread_out(table) <= MOST_BYTES, f"at most {MOST_BYTES:,} letters", where)
    return table


def fingerprints_in(content: bytes, where: str) -> list[str]:
    """Return whose records a pack holds.

    Raises:
        RecordError: As of `from_parquet`.
    """
    with opened(content, where, partial(_check, where=where)) as file:
        column = file.read([NAME], use_threads=False).column(NAME)
        column.validate(full=True)
        require(not column.null_count, "a fingerprint of each record", where)
        names: list[str] = column.to_pylist()
    return names


def _check(file: pq.ParquetFile, where: str) -> None:
    """Refuse a pack before it is read: a newer program's, what is none, what is too large."""
    schema, about = file.schema_arrow, file.metadata
    layout = (schema.metadata or {}).get(_LAYOUT, b"")
    require(re.fullmatch(rb"[0-9]{1,9}", layout) is not None, "a layout of columns", where)
    refuse_newer(int(layout), NEWEST, where)
    for field in schema:
        if field.type != _type(field.name):
            raise RecordError(f"{where} must hold records, but {field.name!r} is {field.type}")
    missing = {*TEXTS, *NUMBERS} - set(schema.names)
    require(not missing, "a column of each part that every record has", where)
    cells = about.num_rows * about.num_columns
    require(0 < cells <= MOST_CELLS, f"from 1 to {MOST_CELLS:,} values", where)
    size = bytes_in_memory(file, set(schema.names))
    require(size <= FREE, f"at most {FREE:,} bytes", where)


def _spread_out(table: pa.Table) -> int:
    """Return what the texts of all records come to, each where it stands."""
    total = 0
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            (chunk,) = column.chunks
            lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
            total += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of a record, by its row of the table.

    Raises:
        ValueError: A part is no JSON.
        RecursionError: It is nested too deeply.
    """
    found: dict[str, Any] = {group: {} for group in (*PARTS, METRICS, FILES)}
    for column, value in row.items():
        group, _, name = column.partition(".")
        if not name:
            found[column] = value
        elif value is None:
            continue
        elif group in PARTS:
            found[group][name] = json.loads(value)
        elif group == METRICS:
            found[group][name] = None if math.isnan(value) else value
        else:
            found[group][name] = value
    return found


def _type(column: str) -> pa.DataType | None:
    """Return what a column of this name holds; None for one that has no meaning."""
    group, _, name = column.partition(".")
    if column in NUMBERS:
        return pa.int64()
    if group == METRICS and name:
        return pa.float64()
    is_text = column in TEXTS or (group in (*PARTS, FILES) and name)
    return pa.string() if is_text else None


def _names(records: Sequence[Mapping[str, Any]], group: str) -> list[str]:
    return sorted({name for each in records for name in each[group]})


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    if name not in metrics:
        return None
    return math.nan if metrics[name] is None else metrics[name]
