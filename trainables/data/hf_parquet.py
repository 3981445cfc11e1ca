"""Image-classification Parquet files in the Hugging Face layout.

A split is one or more files ``SPLIT-00000-of-00001.parquet``, with an image column,
``struct<bytes: binary, path: string>``, and a column of integer labels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from incay.trainables.data.base import DataError
from incay.trainables.data.decode import EncodedImage
from incay.trainables.data.encoded import EncodedSplit

SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.parquet$")

IMAGE_COLUMNS = ("image", "img")
LABEL_COLUMNS = ("label", "fine_label", "labels")


@dataclass(frozen=True)
class ParquetColumns:
    """Which columns hold images and labels; an empty name finds the usual ones."""

    image: str = ""
    label: str = ""


def find_shards(folders: Sequence[Path], split: str) -> list[Path]:
    """Return the files of a split from the first folder that has any, in order.

    Returns:
        An empty list where no folder has any.

    Raises:
        DataError: One of the files that the names announce is missing.
    """
    for folder in folders:
        shards = sorted(folder.glob(f"{split}-*.parquet"))
        single = folder / f"{split}.parquet"
        if not shards and single.is_file():
            return [single]
        if shards:
            _require_all(shards, folder, split)
            return shards
    return []


def read_split(paths: Sequence[Path], columns: ParquetColumns) -> EncodedSplit:
    """Read the files of one split without decoding their images.

    Raises:
        DataError: A file is damaged, or lacks a column, or holds other values than images
            and integer labels; or there is no row at all.
    """
    images: list[EncodedImage] = []
    labels: list[npt.NDArray[np.int64]] = []
    class_names = None
    for path in paths:
        table = _read_table(path, columns)
        image, label = table.column(0), table.column(1)
        class_names = class_names or _class_names(table.schema, table.column_names[1])
        contents = pc.struct_field(image, "bytes").to_pylist()
        for row, content in enumerate(contents):
            where = f"{path}, row {row}"
            if content is None:
                raise DataError(f"{where} must hold an image's bytes, but holds none")
            images.append(EncodedImage(where, content))
        if label.null_count:
            raise DataError(f"{path} must have a label in every row, but some are null")
        labels.append(label.to_numpy().astype(np.int64))
    if not images:
        raise DataError(f"{paths[0]} must hold an image or more, but has no row")
    return EncodedSplit(images, np.concatenate(labels), class_names)


def _require_all(shards: list[Path], folder: Path, split: str) -> None:
    match = SHARD.search(shards[0].name)
    if match is None:
        return
    announced = int(match[2])
    expected = [f"{split}-{index:05d}-of-{announced:05d}.parquet" for index in range(announced)]
    missing = sorted(set(expected) - {path.name for path in shards})
    extra = sorted({path.name for path in shards} - set(expected))
    if missing or extra:
        what = f"{missing[0]} is missing" if missing else f"{extra[0]} is there as well"
        raise DataError(
            f"{folder} must hold the {announced} files {split}-*-of-{announced:05d}.parquet, "
            f"but {what}"
        )


def _read_table(path: Path, columns: ParquetColumns) -> pa.Table:
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        image = _column(path, schema, columns.image, IMAGE_COLUMNS, "image")
        label = _column(path, schema, columns.label, LABEL_COLUMNS, "label")
        _require_types(path, schema, image, label)
        return file.read([image, label]).select([image, label])
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} must be a whole Parquet file, but: {error}") from error


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
    if not pa.types.is_struct(image_type) or image_type.get_field_index("bytes") < 0:
        raise DataError(
            f"column {image!r} of {path} must be struct<bytes: binary, path: string>, but is "
            f"{image_type}"
        )
    if not pa.types.is_integer(label_type):
        raise DataError(f"column {label!r} of {path} must hold integers, but is {label_type}")


def _class_names(schema: pa.Schema, label: str) -> tuple[str, ...] | None:
    metadata = (schema.metadata or {}).get(b"huggingface")
    if metadata is None:
        return None
    try:
        feature = json.loads(metadata)["info"]["features"][label]
        return tuple(str(name) for name in feature["names"])
    except (ValueError, KeyError, TypeError):
        return None  # metadata of another kind: labels then have numbers for names
