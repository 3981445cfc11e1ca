"""The tables beside a record: what may stand in which, checked where it is read.

Whoever shares a results folder may have written them, and readers compute with them: a step that is
a text, a norm that is infinite or a table without rows stops here, with the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from incay.trainables.measures.records import SAMPLE_FIELDS
from incay.trainables.metrics import SPLITS, STEP
from incay.trainables.store.places import HISTORY
from incay.trainables.store.reading.damage import RecordError
from incay.trainables.store.reading.door import require
from incay.trainables.store.reading.parquet import read_columns

SPLIT, TEMPERATURE = b"split", b"temperature"
"""What the metadata of samples say: of which split, and at which fitted temperatures."""
CLASSES, OUTSIDE = "classes", "outside"
SCATTER_PARTS = ("between_part", "within_part")
CLASS_VECTORS = ("class_mean", "class_weight")
OF_CLASS = ("class_within", *SCATTER_PARTS, "unit_mean", "unit_overall")
"""What is measured of each class, or of each direction in which their means differ."""
_MOST = 2**31 - 1
"""Of what numbers images or classes."""


@dataclass(frozen=True, kw_only=True)
class _Column:
    """What a column holds.

    Attributes:
        kind: Tells its types.
        called: What the kind is called.
        may_lack: Whether the table may do without it.
        has_gaps: Whether some of its rows may hold nothing.
        least: No number is less, or infinite or none; None where these may stand there.
        most: No number is larger.
    """

    kind: Callable[[pa.DataType], bool]
    called: str
    may_lack: bool = False
    has_gaps: bool = False
    least: float | None = None
    most: float | None = None

    def check(self, name: str, column: pa.ChunkedArray, where: str) -> None:
        """Refuse a column that holds something else."""
        require(self.kind(column.type), f"{self.called} in {name!r}", where)
        require(self.has_gaps or not column.null_count, f"no gaps in {name!r}", where)
        if self.least is not None and len(column):
            if pa.types.is_floating(column.type):
                require(pc.all(pc.is_finite(column)).as_py(), f"finite numbers in {name!r}", where)
            found = pc.min_max(column)
            require(found["min"].as_py() >= self.least, f"{name!r} >= {self.least:g}", where)
        if self.most is not None and len(column):
            most = pc.max(column).as_py()
            require(most is None or most <= self.most, f"{name!r} <= {self.most:g}", where)


def _is_vector(kind: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type))


def _whole(least: int = 0, most: int = _MOST, *, may_lack: bool = False) -> _Column:
    return _Column(
        kind=pa.types.is_integer,
        called="whole numbers",
        least=least,
        most=most,
        may_lack=may_lack,
    )


_LEAST = float("-inf")
_NUMBER = _Column(kind=pa.types.is_floating, called="numbers")
_FINITE = _Column(kind=pa.types.is_floating, called="numbers", least=_LEAST)
_NORM = _Column(kind=pa.types.is_floating, called="numbers", least=0.0)
_TEXT = _Column(kind=pa.types.is_string, called="texts")
_TRUTH = _Column(kind=pa.types.is_boolean, called="truth values")
_MEASURED = _Column(kind=pa.types.is_floating, called="numbers", may_lack=True)
_PER_CLASS = _Column(kind=pa.types.is_floating, called="numbers", may_lack=True, has_gaps=True)
_VECTORS = _Column(kind=_is_vector, called="vectors of numbers", may_lack=True, has_gaps=True)


def _nothing_else(_: pa.Table, __: str) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What a table holds.

    Attributes:
        columns: By name.
        more: How further columns may be called, and what they hold.
        rows: How many it has, at least.
        also: Looks at the table as a whole.
    """

    columns: Mapping[str, _Column] = field(default_factory=dict)
    more: tuple[str, _Column] | None = None
    rows: int = 1
    also: Callable[[pa.Table, str], None] = _nothing_else

    def column(self, name: str) -> _Column | None:
        """Return what a column holds; None for one that no reader knows."""
        if name in self.columns or self.more is None:
            return self.columns.get(name)
        pattern, column = self.more
        return column if re.fullmatch(pattern, name) else None

    def check(self, table: pa.Table, where: str) -> None:
        """Refuse a table that holds something else."""
        require(len(table) >= self.rows, "a row", where)
        for name, column in self.columns.items():
            require(column.may_lack or name in table.column_names, f"a column {name!r}", where)
        for name in table.column_names:
            known = self.column(name)
            if known is not None:
                known.check(name, table.column(name), where)
        self.also(table, where)


def _check_history(table: pa.Table, where: str) -> None:
    if STEP in table.column_names:
        steps = table.column(STEP)
        _FINITE.check(STEP, steps, where)
        require(len(steps.unique()) == len(steps), "one report at each step", where)


def _check_samples(table: pa.Table, where: str) -> None:
    about = table.schema.metadata or {}
    known = {name.encode() for name in SPLITS}
    require(about.get(SPLIT) is None or about[SPLIT] in known, "the name of a split", where)
    try:
        fitted = [float(each) for each in about.get(TEMPERATURE, b"1").split()]
    except ValueError:
        fitted = []
    require(len(fitted) in (1, 2), "one or two temperatures", where)
    require(all(0.0 < each < float("inf") for each in fitted), "temperatures above 0", where)


def _check_classes(table: pa.Table, where: str) -> None:
    gaps = [table.column(name).is_null() for name in SCATTER_PARTS if name in table.column_names]
    of_one = len(gaps) in (0, 2) and gaps[:1] == gaps[1:]
    require(of_one, "parts of the scatter, between and within classes, in pairs", where)
    lengths = {
        table.schema.field(n).type.list_size for n in CLASS_VECTORS if n in table.column_names
    }
    require(len(lengths) < 2, "means and weights of one dimension", where)


def _check_bins(table: pa.Table, where: str) -> None:
    is_wide = pc.all(pc.less(table.column("low"), table.column("high"))).as_py()
    require(is_wide is not False, "low < high of each bin", where)


_SHAPES: Mapping[str, _Shape] = {
    HISTORY: _Shape(
        more=("(?s).*", _Column(kind=pa.types.is_floating, called="numbers", has_gaps=True)),
        rows=0,
        also=_check_history,
    ),
    "samples": _Shape(
        columns={
            "label": _whole(),
            "prediction": _whole(),
            "loss": _FINITE,
            "norm": _NORM,
            **{
                name: _whole(may_lack=True) if "int" in kind.__name__ else _MEASURED
                for name, kind in SAMPLE_FIELDS.items()
            },
        },
        more=("feature_[0-9]", _FINITE),
        also=_check_samples,
    ),
    CLASSES: _Shape(
        columns={
            "split": _TEXT,
            "class_label": _whole(),
            "class_count": _whole(1),
            **dict.fromkeys(OF_CLASS, _PER_CLASS),
            **dict.fromkeys(CLASS_VECTORS, _VECTORS),
        },
        also=_check_classes,
    ),
    OUTSIDE: _Shape(
        columns={
            **dict.fromkeys(("split", "set"), _TEXT),
            "norm": _NORM,
            **dict.fromkeys(("max_logit", "log_confidence"), _NUMBER),
        },
    ),
    "pairs": _Shape(
        columns={
            **dict.fromkeys(("first", "second", "fold"), _whole()),
            "same": _TRUTH,
            "score": _NUMBER,
        },
    ),
    "features": _Shape(columns={"feature": _Column(kind=_is_vector, called="vectors of numbers")}),
    "weights": _Shape(
        columns={
            **dict.fromkeys(("layer", "moment"), _TEXT),
            **dict.fromkeys(("low", "high"), _FINITE),
            "count": _whole(most=2**53),
        },
        rows=0,
        also=_check_bins,
    ),
}


def read_table(name: str, content: bytes, where: str) -> pa.Table:
    """Return a table that lies beside a record, without columns that no reader knows.

    Args:
        name: Of the table, such as ``history``; one that is unknown may hold anything.
        content: The file's.
        where: Names it in errors.

    Raises:
        RecordError: It holds what no trial writes.
    """
    shape = _SHAPES.get(name)
    if shape is None:
        return read_columns(content, where, lambda _: True)
    table = read_columns(content, where, lambda each: shape.column(each) is not None)
    try:
        shape.check(table, where)
    except pa.ArrowException as error:
        raise RecordError(f"{where} must be a table of {name}, but is damaged") from error
    return table
