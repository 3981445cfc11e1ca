"""Records as the columns of a Parquet file: a row says what a record's JSON says, to the bit.

One column each for what every record has; ``config.NAME`` and ``provenance.NAME`` for the parts of
settings and provenance, as JSON, since most trials share most of theirs and Parquet keeps a text
once; ``metrics.NAME`` as numbers, where NaN is what JSON has no word for; ``files.NAME`` for the
checksums of tables. What a record lacks is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from incay.trainables.store.reading.damage import RecordError, refuse_newer

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
        RecordError: It is none, or a `NewerRecordError`: a newer program's.
    """
    try:
        with _opened(content, where) as file:
            texts = [each.name for each in file.schema_arrow if each.type == pa.string()]
        with pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts) as file:
            table = file.read(use_threads=False).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise _damaged(where) from error
    for field in table.schema:
        if field.type != _type(field.name):
            raise RecordError(f"{where} must hold records, but {field.name!r} is {field.type}")
    missing = {*TEXTS, *NUMBERS} - set(table.column_names)
    if missing or not table.num_rows:
        raise _damaged(where)
    return table


def fingerprints_in(content: bytes, where: str) -> list[str]:
    """Return whose records a pack holds.

    Raises:
        RecordError: As of `from_parquet`.
    """
    try:
        with _opened(content, where) as file:
            names: list[Any] = file.read([NAME], use_threads=False).column(NAME).to_pylist()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _damaged(where) from error
    if not all(isinstance(name, str) for name in names):
        raise _damaged(where)
    return names


def _opened(content: bytes, where: str) -> pq.ParquetFile:
    file = pq.ParquetFile(pa.BufferReader(content))
    layout = (file.schema_arrow.metadata or {}).get(_LAYOUT, b"")
    refuse_newer(int(layout) if layout.isdigit() else None, NEWEST, where)
    return file


def _damaged(where: str) -> RecordError:
    return RecordError(f"{where} must be a table of records, but is damaged")


def values_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the plain values of each record of a table; what cannot be read as JSON is None."""
    for row in table.to_pylist():
        found: dict[str, Any] = {group: {} for group in (*PARTS, METRICS, FILES)}
        for column, value in row.items():
            group, _, name = column.partition(".")
            if not name:
                found[column] = value
            elif value is None:
                continue
            elif group in PARTS:
                found[group][name] = _parsed(value)
            elif group == METRICS:
                found[group][name] = None if math.isnan(value) else value
            else:
                found[group][name] = value
        yield found


def _type(column: str) -> pa.DataType | None:
    """Return what a column of this name holds; None for one that has no meaning."""
    group, _, name = column.partition(".")
    if column in NUMBERS:
        return pa.int64()
    if group == METRICS and name:
        return pa.float64()
    is_text = column in TEXTS or (group in (*PARTS, FILES) and name)
    return pa.dictionary(pa.int32(), pa.string()) if is_text else None


def _names(records: Sequence[Mapping[str, Any]], group: str) -> list[str]:
    return sorted({name for each in records for name in each[group]})


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    if name not in metrics:
        return None
    return math.nan if metrics[name] is None else metrics[name]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
