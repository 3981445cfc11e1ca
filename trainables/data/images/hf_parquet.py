"""Image-classification Parquet files in the Hugging Face layout: columns and rows.

A split is one or more files, with an image column, ``struct<bytes: binary, path: string>``, and a
column of integer labels. Which files these are, `shards` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incay.trainables.data.base import DataError, require_file
from incay.trainables.data.images.damage import Problem, refuse, shown
from incay.trainables.data.images.decode import EncodedImage
from incay.trainables.data.images.encoded import EncodedSplit
from incay.trainables.data.images.limits import most_unpacked, unpacked_rule
from incay.trainables.data.images.wording import said

T = TypeVar("T")

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label", "labels")

_ROWS = 64
"""Read at a time: what a file unpacks to is counted while it is read."""
_NAMED = 8
"""Columns that a message names."""
_LARGEST_LABEL = 2**63 - 1


@dataclass(frozen=True)
class ParquetColumns:
    """Which columns hold images and labels; an empty name finds the usual ones."""

    image: str = ""
    label: str = ""


def read_split(paths: Sequence[Path], columns: ParquetColumns) -> EncodedSplit:
    """Read the files of one split without decoding their images.

    Rows without an image or a label are problems of the split; a path that a row names is never
    opened.

    Raises:
        DataError: A file is damaged, or lacks a column, or holds other values than images
            and integer labels; or there is no row at all. All such files are named.
    """
    images: list[EncodedImage] = []
    labels: list[npt.NDArray[np.int64]] = []
    class_names: dict[tuple[str, ...], Path] = {}
    problems: list[Problem] = []
    tables = _all_or_refuse(paths, lambda path: _read_table(path, columns))
    for path, table in zip(paths, tables, strict=True):
        names = _class_names(table.schema, table.column_names[1])
        if names is not None:
            class_names.setdefault(names, path)
        contents = pc.struct_field(table.column(0), "bytes").to_pylist()
        has_label = table.column(1).is_valid().to_pylist()
        for row, content in enumerate(contents):
            where = f"{shown(path)}, row {row}"
            if content is None:
                problems.append(Problem(f"{where} must hold an image's bytes, but holds none"))
            elif not has_label[row]:
                problems.append(Problem(f"{where} must have a label in every row, but has none"))
            else:
                images.append(EncodedImage(where, content))
        kept = [
            content is not None and there
            for content, there in zip(contents, has_label, strict=True)
        ]
        labels.append(table.column(1).filter(pa.array(kept, pa.bool_())).to_numpy())
    if len(class_names) > 1:
        one, other = list(class_names.values())[:2]
        raise DataError(
            f"files must name the same classes, but {shown(one)} and {shown(other)} do not"
        )
    if not images:
        refuse(problems)
        raise DataError(f"{shown(paths[0])} must hold an image or more, but has no row")
    return EncodedSplit(
        images, np.concatenate(labels), next(iter(class_names), None), tuple(problems)
    )


def require_columns(paths: Iterable[Path], columns: ParquetColumns) -> None:
    """Refuse files that are damaged or lack a column of the right type; no row is read.

    Raises:
        DataError: Some are. All of them are named.
    """
    _all_or_refuse(paths, lambda path: _open(path, columns))


def _all_or_refuse(paths: Iterable[Path], read: Callable[[Path], T]) -> list[T]:
    read_all: list[T] = []
    broken: list[Problem] = []
    for path in paths:
        try:
            read_all.append(read(path))
        except DataError as error:
            broken.append(Problem(str(error), skippable=False))
    refuse(broken)
    return read_all


def _open(path: Path, columns: ParquetColumns) -> tuple[pq.ParquetFile, str, str]:
    """Return a file and the names of its columns of images and of labels."""
    require_file(path)
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except (OSError, ValueError, LookupError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    image = _column(path, schema, columns.image, IMAGE_COLUMNS, "image")
    label = _column(path, schema, columns.label, LABEL_COLUMNS, "label")
    _require_types(path, schema, image, label)
    return file, image, label


def _read_table(path: Path, columns: ParquetColumns) -> pa.Table:
    """Return a file's two columns; as soon as they are more than the file may hold, no more."""
    file, image, label = _open(path, columns)
    packed = path.stat().st_size
    most, unpacked = most_unpacked(packed), 0
    batches = []
    try:
        # What a file says of its own size in its last bytes need not be so.
        for batch in file.iter_batches(_ROWS, columns=[image, label]):
            unpacked += batch.nbytes
            if unpacked > most:
                raise DataError(
                    f"{shown(path)}: its {packed / 1e6:,.1f} MB must unpack to "
                    f"{unpacked_rule(packed)}, but are more"
                )
            batches.append(batch.select([image, label]))
        whole = file.schema_arrow
        schema = pa.schema([whole.field(name) for name in (image, label)], whole.metadata)
        table = pa.Table.from_batches(batches, schema)
    except (OSError, ValueError, LookupError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    return table.set_column(
        1, table.field(1).with_type(pa.int64()), _as_int64(path, label, table.column(1))
    )


def _as_int64(path: Path, name: str, labels: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_uint64(labels.type):
        largest = pc.max(labels).as_py()
        if largest is not None and largest > _LARGEST_LABEL:
            raise DataError(
                f"column {name!r} of {shown(path)} must hold labels of at most {_LARGEST_LABEL}, "
                f"but holds {largest}"
            )
    return labels.cast(pa.int64())


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{shown(path)} must be a whole Parquet file, but: {said(error)}")


def _column(path: Path, schema: pa.Schema, given: str, usual: tuple[str, ...], what: str) -> str:
    if given:
        if given not in schema.names:
            raise DataError(
                f"{shown(path)} must have the {what} column {given!r}, but has {schema.names}"
            )
        return given
    found = [name for name in usual if name in schema.names]
    if len(found) != 1:
        raise DataError(
            f"{shown(path)} must have one of the columns {', '.join(usual)}, or `{what}_column` "
            f"must be set, but it has {_named(schema)}"
        )
    return found[0]


def _named(schema: pa.Schema) -> str:
    """Return the names of a file's columns for a message."""
    names = schema.names
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return (", ".join(map(repr, names[:_NAMED])) or "none") + more


def _require_types(path: Path, schema: pa.Schema, image: str, label: str) -> None:
    image_type, label_type = schema.field(image).type, schema.field(label).type
    if not pa.types.is_struct(image_type) or not _is_binary(image_type):
        raise DataError(
            f"column {image!r} of {shown(path)} must be struct<bytes: binary, path: string>, but "
            f"is {said(image_type)}"
        )
    if not pa.types.is_integer(label_type):
        raise DataError(
            f"column {label!r} of {shown(path)} must hold integers, but is {label_type}"
        )


def _is_binary(image_type: pa.StructType) -> bool:
    index = image_type.get_field_index("bytes")
    if index < 0:
        return False
    of = pa.types
    kind = image_type.field(index).type
    return bool(of.is_binary(kind) or of.is_large_binary(kind) or of.is_binary_view(kind))


def _class_names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    metadata = (schema.metadata or {}).get(b"huggingface")
    if metadata is None:
        return None
    try:
        feature = json.loads(metadata)["info"]["features"][label]
        return tuple(str(name) for name in feature["names"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # metadata of another kind: labels then have numbers for names
