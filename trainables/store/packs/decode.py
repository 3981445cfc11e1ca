"""Records out of a pack, with every check that a single record's file has.

Most trials of a study share most parts of their settings, so that a part is read, checked and put
in its canonical text once, and its object is shared. What does not pass goes the way of single
records, one by one, which says what is wrong with which.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from incay.trainables import names
from incay.trainables.store.endings import Ending
from incay.trainables.store.later import LATER_PARTS, WHOLE, completed_part
from incay.trainables.store.naming import (
    OFF,
    canonical_of,
    canonical_part,
    fingerprint_of_text,
)
from incay.trainables.store.packs.columns import (
    CONFIG,
    FILES,
    METRICS,
    NAME,
    NUMBERS,
    PROVENANCE,
    TEXTS,
    values_of,
)
from incay.trainables.store.reading.damage import RecordError, refuse_newer
from incay.trainables.store.reading.door import require
from incay.trainables.store.reading.origin import require_parts
from incay.trainables.store.reading.values import require_config
from incay.trainables.store.records import SCHEMA_VERSION, TrialRecord, require_named

_ENDINGS = {each.value: each for each in Ending}
_ABSENT = object()


def records_of(table: pa.Table, where: str) -> list[TrialRecord | RecordError]:
    """Return the record of each row of a pack, or what is wrong with it.

    Args:
        table: As `incay.trainables.store.packs.columns.from_parquet` returns it.
        where: Names the file in errors.
    """
    try:
        return list(_at_once(table, where))
    except (RecordError, ValueError, KeyError, TypeError, RecursionError):
        return [_alone(row, where) for row in table.to_pylist()]


def _alone(row: Mapping[str, Any], where: str) -> TrialRecord | RecordError:
    named = f"{where}, record of trial {row[NAME]},"
    try:
        return TrialRecord.from_values(values_of(row), named)
    except RecordError as error:
        return error
    except (ValueError, RecursionError):
        return RecordError(f"{named} must be JSON, but is damaged")


def _at_once(table: pa.Table, where: str) -> Iterator[TrialRecord]:
    plain = [table.column(name) for name in (*TEXTS, *NUMBERS)]
    if any(column.null_count for column in plain):
        raise ValueError("a record lacks what every record has")
    for row, text, settings, origin, metrics, files in zip(
        zip(*(_cells("", column) for column in plain), strict=True),
        *_settings(table),
        _rows(_group(table, PROVENANCE, _origin_cells), table.num_rows),
        _rows(_group(table, METRICS, _cells), table.num_rows),
        _rows(_group(table, FILES, _cells), table.num_rows),
        strict=True,
    ):
        fingerprint, status, reason, data_hash, code_version, step, schema = row
        refuse_newer(schema, SCHEMA_VERSION, where)
        require(step >= 0, "step >= 0", where)
        require_named(fingerprint, fingerprint_of_text(text, data_hash, code_version), where)
        yield TrialRecord(
            fingerprint=fingerprint,
            status=_ENDINGS[status],
            reason=reason,
            config=settings,
            step=step,
            metrics=metrics,
            data_hash=data_hash,
            code_version=code_version,
            provenance=origin,
            files=files,
            schema=schema,
        )


def _settings(table: pa.Table) -> tuple[Iterator[str], Iterator[dict[str, Any]]]:
    """Return the canonical text of each row's settings, and the settings, completed."""
    columns = dict(_columns(table, CONFIG))
    lacking = columns[WHOLE].null_count if WHOLE in columns else table.num_rows
    if lacking not in (0, table.num_rows):
        raise ValueError("some configurations are whole and some are not")
    is_whole = not lacking
    parts = {}
    for name in sorted({*columns, *(LATER_PARTS if is_whole else ()), names.INCAY}):
        missing = _missing(name, is_whole)
        if name in columns:
            read = partial(_setting, name, is_whole=is_whole)
            parts[name] = _looked_up(columns[name], read, missing)
        else:
            parts[name] = [missing] * table.num_rows
    texts = (  # in the order of the parts' names, as the canonical text has them
        canonical_of(row)
        for row in zip(*(map(itemgetter(1), cells) for cells in parts.values()), strict=True)
    )
    values = {name: list(map(itemgetter(0), cells)) for name, cells in parts.items()}
    return texts, _rows(values, table.num_rows)


def _setting(name: str, text: str, value: Any, *, is_whole: bool) -> tuple[Any, str]:
    """Return a part of a configuration, completed where that is a whole one, and its text."""
    require_config({name: value}, name)
    if not isinstance(value, dict | list):
        return value, f"{json.dumps(name)}:{text}"
    return (completed_part(name, value) if is_whole else value), canonical_part(name, value)


def _missing(name: str, is_whole: bool) -> tuple[Any, str]:
    """Return what a part is that a configuration lacks, and its text."""
    value = completed_part(name, None) if is_whole else None
    return (_ABSENT if value is None else value), (OFF if name == names.INCAY else "")


def _origin_cells(name: str, column: pa.ChunkedArray) -> list[Any]:
    (chunk,) = column.chunks
    texts = chunk.dictionary.to_pylist()
    require_parts(name, texts, name)
    return _spread(chunk, _parsed(texts), _ABSENT)


def _cells(name: str, column: pa.ChunkedArray) -> list[Any]:
    del name
    (chunk,) = column.chunks
    if pa.types.is_dictionary(chunk.type):
        return _spread(chunk, chunk.dictionary.to_pylist(), _ABSENT)
    cells = chunk.to_pylist()
    return [_ABSENT if cell is None else cell for cell in cells] if chunk.null_count else cells


def _looked_up(column: pa.ChunkedArray, read: Callable[[str, Any], Any], missing: Any) -> list[Any]:
    """Return what each cell of a column of JSON texts reads as.

    Args:
        column: The column.
        read: Takes a text and its value.
        missing: What a null reads as.
    """
    (chunk,) = column.chunks
    texts = chunk.dictionary.to_pylist()
    known = [read(text, value) for text, value in zip(texts, _parsed(texts), strict=True)]
    return _spread(chunk, known, missing)


def _parsed(texts: list[str]) -> list[Any]:
    """Return the values of JSON texts, at once: to call the reader costs more than to read."""
    values: list[Any] = json.loads(f"[{','.join(texts)}]")
    if len(values) != len(texts):
        raise ValueError("a text holds several values")
    return values


def _spread(chunk: pa.DictionaryArray, known: list[Any], missing: Any) -> list[Any]:
    """Return what each cell of a dictionary's column stands for."""
    if not chunk.null_count:
        # This way, as pyarrow's own `to_numpy` imports pandas: a quarter of a second.
        return [known[place] for place in np.from_dlpack(chunk.indices).tolist()]
    places = chunk.indices.to_pylist()
    return [missing if place is None else known[place] for place in places]


def _columns(table: pa.Table, group: str) -> Iterator[tuple[str, pa.ChunkedArray]]:
    for column in table.column_names:
        if column.startswith(f"{group}."):
            yield column.removeprefix(f"{group}."), table.column(column)


def _group(
    table: pa.Table, group: str, cells: Callable[[str, pa.ChunkedArray], list[Any]]
) -> dict[str, list[Any]]:
    return {name: cells(name, column) for name, column in _columns(table, group)}


def _rows(columns: Mapping[str, Sequence[Any]], count: int) -> Iterator[dict[str, Any]]:
    """Yield each row as a mapping, without what it lacks."""
    if not columns:
        yield from ({} for _ in range(count))
        return
    is_full = not any(cell is _ABSENT for cells in columns.values() for cell in cells)
    for row in zip(*columns.values(), strict=True):
        found = dict(zip(columns, row, strict=True))
        yield found if is_full else {n: v for n, v in found.items() if v is not _ABSENT}
