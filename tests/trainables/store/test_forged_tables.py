"""A table beside a record whose checksum is right and which no trial wrote: refused by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from many_records import made, no_text

from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.trials import Store

HISTORY = pa.table({"step": [5.0, 10.0], "val.error": [2.0, math.nan], "test.error": [None, 3.0]})
SAMPLES = pa.table(
    {
        "label": pa.array([1, 2]),
        "prediction": pa.array([1, 1]),
        "loss": pa.array([0.5, 1.5], pa.float32()),
        "norm": pa.array([2.0, 3.0], pa.float32()),
        "rank": pa.array([1, 2], pa.int16()),
        "feature_0": pa.array([2.0, 3.0], pa.float32()),
    }
).replace_schema_metadata({"split": "val", "temperature": "1.5 2.0"})
MEANS = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(4), pa.float32()), 2)
CLASSES = pa.table(
    {
        "split": ["val", "val"],
        "class_label": pa.array([1, 2], pa.int32()),
        "class_count": pa.array([1, 1], pa.int32()),
        "between_part": [0.5, None],
        "within_part": [0.1, None],
        "class_mean": MEANS,
    }
)
OUTSIDE = pa.table(
    {
        **{name: pa.array(["val", "val"]) for name in ("split", "set")},
        **{
            name: pa.array([1.0, 2.0], pa.float32())
            for name in ("norm", "max_logit", "log_confidence")
        },
    }
)
PAIRS = pa.table(
    {"first": [0, 1], "second": [1, 2], "fold": [0, 1], "same": [True, False], "score": [0.5, 0.1]}
)
FEATURES = pa.table({"feature": MEANS})
WEIGHTS = pa.table(
    {
        "layer": ["a", "a"],
        "moment": ["initial", "final"],
        "low": [0.0, 1.0],
        "high": [1.0, 2.0],
        "count": [3, 4],
    }
)
WHOLE = {
    "history": HISTORY,
    "samples": SAMPLES,
    "classes": CLASSES,
    "outside": OUTSIDE,
    "pairs": PAIRS,
    "features": FEATURES,
    "weights": WEIGHTS,
}
NEEDED = {
    "samples": ["label", "prediction", "loss", "norm"],
    "classes": ["split", "class_label", "class_count"],
    "outside": ["split", "set", "norm", "max_logit", "log_confidence"],
    "pairs": ["first", "second", "fold", "same", "score"],
    "features": ["feature"],
    "weights": ["layer", "moment", "low", "high", "count"],
}


def read(tmp_path: Path, name: str, table: pa.Table) -> pa.Table:
    """Return a table as a store reads it beside a record that was signed with it."""
    store = Store(tmp_path)
    record = store.write_record(made(1), [], {name: table})
    found = store.read_table(record, f"{name}.parquet")
    assert found is not None
    return found


def refused(tmp_path: Path, name: str, table: pa.Table, *, says: str = "damaged") -> None:
    with pytest.raises(RecordError, match=rf"{name}-[0-9a-f]*\.parquet must .*{says}"):
        read(tmp_path, name, table)


def put(table: pa.Table, name: str, column: Any) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, column)


@pytest.mark.parametrize("name", WHOLE)
def test_what_a_trial_writes_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, WHOLE[name])
    assert found.schema.equals(WHOLE[name].schema, check_metadata=name == "samples")
    assert str(found.to_pylist()) == str(WHOLE[name].to_pylist())  # NaN is no NaN


@pytest.mark.parametrize("name", WHOLE)
def test_what_no_reader_knows_is_not_read(tmp_path: Path, name: str) -> None:
    if name == "history":
        return  # whose columns are metrics, the user's own among them
    more = WHOLE[name].append_column("later", pa.array([[["x"]]] * len(WHOLE[name])))
    assert read(tmp_path, name, more).column_names == WHOLE[name].column_names


OTHER: dict[str, Callable[[int], pa.Array]] = {
    "texts": lambda n: pa.array(["x"] * n),
    "no texts": no_text,
    "lists": lambda n: pa.array([[1]] * n),
    "nothing": lambda n: pa.array([None] * n, pa.float64()),
    "huge": lambda n: pa.array([2**62] * n),
    "below": lambda n: pa.array([-(2**62)] * n),
    "infinite": lambda n: pa.array([math.inf] * n),
}


@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("name", NEEDED)
def test_a_column_holds_what_it_is_called_for(tmp_path: Path, name: str, other: str) -> None:
    table = WHOLE[name]
    for column in NEEDED[name]:
        if other == "texts" and pa.types.is_string(table.schema.field(column).type):
            continue
        if other == "infinite" and column in ("score", "max_logit", "log_confidence"):
            continue  # which may be so
        refused(tmp_path, name, put(table, column, OTHER[other](len(table))))


@pytest.mark.parametrize("name", NEEDED)
def test_no_column_is_missing_or_there_twice(tmp_path: Path, name: str) -> None:
    table = WHOLE[name]
    for column in NEEDED[name]:
        refused(tmp_path, name, table.drop_columns([column]))
        refused(tmp_path, name, table.append_column(column, table.column(column)))
    if name != "weights":
        refused(tmp_path, name, table.slice(0, 0), says="a row must hold")


@pytest.mark.parametrize(
    "steps",
    [
        *(pa.array(each, pa.float64()) for each in ([5.0, 5.0], [math.inf, 1.0], [None, 1.0])),
        *(OTHER[each](2) for each in ("texts", "no texts", "lists", "huge")),
    ],
)
def test_a_history_has_one_report_at_each_step(tmp_path: Path, steps: pa.Array) -> None:
    refused(tmp_path, "history", put(HISTORY, "step", steps))
    refused(tmp_path, "history", HISTORY.append_column("step", HISTORY.column("step")))


@pytest.mark.parametrize(
    "about",
    [{"split": b"\xff"}, {"split": "other"}]
    + [{"temperature": each} for each in ("x y", "", "inf", "nan", "-1", "1 2 3")],
)
def test_samples_say_of_which_split_they_are(tmp_path: Path, about: dict[str, Any]) -> None:
    refused(tmp_path, "samples", SAMPLES.replace_schema_metadata(about))


def test_what_classes_say_goes_together(tmp_path: Path) -> None:
    for name in ("between_part", "within_part"):
        refused(tmp_path, "classes", CLASSES.drop_columns([name]), says="in pairs")
        refused(tmp_path, "classes", put(CLASSES, name, pa.array([0.1, 0.2])), says="in pairs")
    longer = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(6), pa.float32()), 3)
    refused(
        tmp_path, "classes", CLASSES.append_column("class_weight", longer), says="one dimension"
    )


def test_bins_of_weights_are_wide(tmp_path: Path) -> None:
    refused(tmp_path, "weights", put(WEIGHTS, "high", WEIGHTS.column("low")), says="low < high")


def test_a_small_file_of_many_rows_is_not_read(tmp_path: Path) -> None:
    count = 9_000_000
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([1.0]))
    before = pa.total_allocated_bytes()
    refused(tmp_path, "history", pa.table({"step": same.cast(pa.float64())}), says="at most")
    long = pa.table({**{n: OUTSIDE.column(n) for n in OUTSIDE.column_names}})
    refused(tmp_path, "outside", put(long, "set", pa.array(["x" * 2**21] * 2)), says="short texts")
    assert pa.total_allocated_bytes() - before < 2**24
