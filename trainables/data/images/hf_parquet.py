"""Image-classification Parquet files in the Hugging Face layout.

A split is one or more files ``SPLIT-00000-of-00001.parquet``, with an image column,
``struct<bytes: binary, path: string>``, and a column of integer labels.
"""

from __future__ import annotations

import glob
import json
import re
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
from incay.trainables.data.images.damage import Problem, refuse
from incay.trainables.data.images.decode import EncodedImage
from incay.trainables.data.images.encoded import EncodedSplit

T = TypeVar("T")

SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.parquet$")

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label", "labels")


@dataclass(frozen=True)
class ParquetColumns:
    """Which columns hold images and labels; an empty name finds the usual ones."""

    image: str = ""
    label: str = ""


def find_shards(folders: Sequence[Path], split: str) -> list[Path]:
    """Return the files of a split, in order, from the one folder that has any.

    Returns:
        An empty list where no folder has any.

    Raises:
        DataError: One of the files that the names announce is missing, another one is there as
            well, or two folders have files of the split.
    """
    found: dict[Path, list[Path]] = {}
    for folder in folders:
        shards = sorted(folder.glob(f"{glob.escape(split)}-*.parquet"))
        single = folder / f"{split}.parquet"
        if single.is_file():
            if shards:
                raise DataError(
                    f"{folder} must have {single.name} or {split}-*.parquet, but has both"
                )
            found[folder] = [single]
        elif shards:
            _require_all(shards, folder, split)
            found[folder] = shards
    if len(found) > 1:
        first, second, *_ = found
        raise DataError(
            f"one folder must hold the files of split {split!r}, but {first} and {second} do"
        )
    return next(iter(found.values()), [])


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
            where = f"{path}, row {row}"
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
        raise DataError(f"files must name the same classes, but {one} and {other} do not")
    if not images:
        refuse(problems)
        raise DataError(f"{paths[0]} must hold an image or more, but has no row")
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


def _require_all(shards: list[Path], folder: Path, split: str) -> None:
    # Of all names: a browser's copy, `…-of-00002 (1).parquet`, sorts before its original.
    counts = [int(match[2]) for path in shards if (match := SHARD.search(path.name))]
    if not counts:
        return
    announced = counts[0]
    expected = [f"{split}-{index:05d}-of-{announced:05d}.parquet" for index in range(announced)]
    missing = sorted(set(expected) - {path.name for path in shards})
    extra = sorted({path.name for path in shards} - set(expected))
    if missing or extra:
        what = f"{missing[0]} is missing" if missing else f"{extra[0]} is there as well"
        raise DataError(
            f"{folder} must hold the {announced} files {split}-*-of-{announced:05d}.parquet, "
            f"but {what}"
        )


def _open(path: Path, columns: ParquetColumns) -> tuple[pq.ParquetFile, str, str]:
    """Return a file and the names of its columns of images and of labels."""
    require_file(path)
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    image = _column(path, schema, columns.image, IMAGE_COLUMNS, "image")
    label = _column(path, schema, columns.label, LABEL_COLUMNS, "label")
    _require_types(path, schema, image, label)
    return file, image, label


def _read_table(path: Path, columns: ParquetColumns) -> pa.Table:
    file, image, label = _open(path, columns)
    try:
        table = file.read([image, label]).select([image, label])
        labels = table.column(1).cast(pa.int64())
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    return table.set_column(1, table.field(1).with_type(pa.int64()), labels)


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} must be a whole Parquet file, but: {error}")


def _column(path: Path, schema: pa.Schema, given: str, usual: tuple[str, ...], what: str) -> str:
    if given:
        if given not in schema.names:
            raise DataError(f"{path} must have the {what} column {given!r}, but has {schema.names}")
        return given
    found = [name for name in usual if name in schema.names]
    if len(found) != 1:
        raise DataError(
            f"{path} must have one of the columns {', '.join(usual)}, or `{what}_column` must "
            f"be set, but it has {schema.names}"
        )
    return found[0]


def _require_types(path: Path, schema: pa.Schema, image: str, label: str) -> None:
    image_type, label_type = schema.field(image).type, schema.field(label).type
    if not pa.types.is_struct(image_type) or not _is_binary(image_type):
        raise DataError(
            f"column {image!r} of {path} must be struct<bytes: binary, path: string>, but is "
            f"{image_type}"
        )
    if not pa.types.is_integer(label_type):
        raise DataError(f"column {label!r} of {path} must hold integers, but is {label_type}")


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
    except (ValueError, KeyError, TypeError):
        return None  # metadata of another kind: labels then have numbers for names
