"""What measures are computed of, as tables beside a trial's record, and back.

``samples`` has a row for each image of the evaluated split, ``classes`` one for each class of each
split that was measured, ``outside`` one for each image out of distribution. Class means and weights
are left out where they are large: the measures that take them were computed before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from incay.trainables.measures import Outside, Records
from incay.trainables.measures.records import SAMPLE_FIELDS
from incay.trainables.store.reading.tables import (
    CLASS_VECTORS,
    CLASSES,
    OF_CLASS,
    OUTSIDE,
    SCATTER_PARTS,
    SPLIT,
    TEMPERATURE,
)

MOST_NUMBERS = 2**18
"""Of the class means of a split, or of the classifier's weights, that are stored: 1 MiB of each.
512 features of 512 classes are; those of the 10,572 persons of CASIA-WebFace are not."""
OWN_MEASURES = "measures"
"""In a record's provenance: what is to be said of measures of the user's own, by name."""
UNMEASURED = "unmeasured"
"""In a record's provenance: why measures raised errors, by the metric's name."""
_SHORT = np.iinfo(np.int16).max


def sample_columns(records: Records) -> dict[str, pa.Array]:
    """Return what was measured of each image, by column; what was not is left out."""
    columns = {}
    for name, kind in SAMPLE_FIELDS.items():
        values = getattr(records, name)
        if values is None:
            continue
        if kind is np.int32:
            most = int(values.max(initial=0))
            kind = np.int16 if most <= _SHORT else np.int32
        columns[name] = pa.array(values.astype(kind))
    return columns


def temperature(records: Records | None) -> dict[str, str]:
    """Return the fitted temperatures as metadata of the table of samples."""
    if records is None or records.temperature is None:
        return {}
    return {TEMPERATURE.decode(): " ".join(map(repr, records.temperature.tolist()))}


def measured_tables(records: Mapping[str, Records]) -> dict[str, pa.Table]:
    """Return the tables of classes and of images out of distribution, by name.

    Args:
        records: By split.
    """
    classes = [
        _classes_table(split, each) for split, each in records.items() if each.has("class_label")
    ]
    outside = [
        _outside_table(split, name, other)
        for split, each in records.items()
        for name, other in (each.outside or {}).items()
    ]
    found = {CLASSES: classes, OUTSIDE: outside}
    return {
        name: pa.concat_tables(parts, promote_options="default")
        for name, parts in found.items()
        if parts
    }


def records_of(
    samples: pa.Table, classes: pa.Table | None = None, outside: pa.Table | None = None
) -> Records:
    """Return the records of the split that a table of samples is of.

    Args:
        samples: With a label, prediction, loss and norm of each image; an earlier version's has
            no more.
        classes: The trial's table of classes, if it has one.
        outside: Its table of images out of distribution, likewise.
    """
    about = samples.schema.metadata or {}
    split = about.get(SPLIT, b"test").decode()
    known = {"label", "prediction", "loss", "norm", *SAMPLE_FIELDS}
    found: dict[str, Any] = {
        name: samples.column(name).to_numpy() for name in samples.column_names if name in known
    }
    if TEMPERATURE in about:
        found["temperature"] = np.array([float(each) for each in about[TEMPERATURE].split()])
    if classes is not None:
        found |= _class_fields(_of_split(classes, split))
    if outside is not None:
        found["outside"] = _outside_fields(_of_split(outside, split))
    return Records(**found)


def _classes_table(split: str, records: Records) -> pa.Table:
    assert records.class_label is not None
    count = len(records.class_label)
    columns: dict[str, Any] = {
        "split": pa.array([split] * count, pa.string()),
        "class_label": pa.array(records.class_label, pa.int32()),
        "class_count": pa.array(records.class_count, pa.int32()),
    }
    for name in OF_CLASS:
        values = getattr(records, name)
        if values is not None:  # there are fewer directions than classes
            padded = [*values.tolist(), *[None] * (count - len(values))]
            columns[name] = pa.array(padded, pa.float64())
    for name in CLASS_VECTORS:
        values = getattr(records, name)
        if values is not None and values.size <= MOST_NUMBERS:
            flat = pa.array(values.astype(np.float32).ravel(), pa.float32())
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.table(columns)


def _class_fields(table: pa.Table) -> dict[str, npt.NDArray[Any]]:
    if not len(table):
        return {}
    found: dict[str, npt.NDArray[Any]] = {}
    for name in ("class_label", "class_count", *OF_CLASS):
        if name in table.column_names:
            values = table.column(name).drop_null() if name in SCATTER_PARTS else table.column(name)
            found[name] = values.to_numpy()
    for name in CLASS_VECTORS:
        if name in table.column_names and not table.column(name).null_count:
            found[name] = np.stack(table.column(name).to_pylist()).astype(np.float32)
    return found


def _outside_table(split: str, name: str, other: Outside) -> pa.Table:
    count = len(other.norm)
    columns = {
        "split": pa.array([split] * count, pa.string()),
        "set": pa.array([name] * count, pa.string()),
    }
    for field in ("norm", "max_logit", "log_confidence"):
        columns[field] = pa.array(getattr(other, field).astype(np.float32), pa.float32())
    return pa.table(columns)


def _outside_fields(table: pa.Table) -> dict[str, Outside] | None:
    names = table.column("set").unique().to_pylist()
    fields = ("norm", "max_logit", "log_confidence")
    chosen = {name: table.filter(pc.equal(table.column("set"), name)) for name in names}
    found = {
        name: Outside(**{field: own.column(field).to_numpy() for field in fields})
        for name, own in chosen.items()
    }
    return found or None


def _of_split(table: pa.Table, split: str) -> pa.Table:
    return table.filter(pc.equal(table.column("split"), split))
