"""A pack whose checksum is right and whose content nobody packed: refused, before it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from many_records import made, no_text, packs, said, written

from incay.trainables.store.packs import packing
from incay.trainables.store.trials import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "results")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SIZE", 5)


def forged(store: Store, change: Callable[[pa.Table], pa.Table]) -> bytes:
    """Replace the pack of a store by a table of any kind; its checksum is right."""
    (path, twin) = packs(store)
    sink = pa.BufferOutputStream()
    table = pq.read_table(path)
    pq.write_table(change(table), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    path.unlink()
    twin.unlink()
    for place in packing.paths_of(packing.digest_of(content)):
        store.write(place, content)
    return content


def with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    place = table.schema.get_field_index(name)
    return (
        table.set_column(place, name, column) if place >= 0 else table.append_column(name, column)
    )


FORGED: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a layout of 5000 digits": lambda t: t.replace_schema_metadata({"incay.pack": "9" * 5000}),
    "no layout": lambda t: t.replace_schema_metadata(None),
    **{
        f"no text in {name}": lambda t, name=name: with_column(t, name, no_text(len(t)))
        for name in ("fingerprint", "status", "config.incay", "files.history.parquet")
    },
    "no fingerprints": lambda t: with_column(
        t, "fingerprint", pa.array([None] * len(t), pa.string())
    ),
    "a column of lists": lambda t: with_column(t, "config.x", pa.array([[1]] * len(t))),
    "a column twice": lambda t: t.append_column("status", t.column("status")),
    "no records": lambda t: t.slice(0, 0),
    "thousands of records": lambda t: t.take(pa.array([0] * 90_000)),
    "thousands of columns": lambda t: pa.table(
        {
            **{name: t.column(name) for name in t.column_names},
            **{f"config.{n}": pa.array([None] * len(t), pa.string()) for n in range(9_000)},
        }
    ).replace_schema_metadata(t.schema.metadata),
    "a long text": lambda t: with_column(
        t, "reason", pa.array(["x" * (2**26 + 1), *[""] * (len(t) - 1)])
    ),
    "long texts": lambda t: pa.concat_tables(
        [with_column(t, "reason", pa.array(["x" * 2**23] * len(t)))] * 8
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_pack_is_refused_before_it_takes_memory(store: Store, name: str) -> None:
    names = written(store, 5)
    store.pack(names)
    assert len(forged(store, FORGED[name])) < 2**22
    before = pa.total_allocated_bytes()
    for each in said(store, names):
        assert each is not None
        assert each.startswith("problem: ")
        assert ".parquet must " in each
    assert pa.total_allocated_bytes() - before < 2**24


def test_a_part_that_cannot_be_read_is_no_part_that_lacks(store: Store) -> None:
    """A damaged incay term must not read as none: that is another trial."""
    plain = made(0)  # which trains without a term
    store.write_record(plain, [])
    names = [plain.fingerprint, *(made(number).fingerprint for number in range(1, 5))]
    written(store, 5)
    store.pack(names)
    deep = "[" * 3000 + "]" * 3000
    forged(store, lambda t: with_column(t, "config.incay", pa.array([deep] * len(t))))
    for name, each in zip(names, said(store, names), strict=True):
        assert each is not None
        assert f"record of trial {name}, must be JSON" in each


def test_records_that_are_too_much_for_a_pack_stay_single(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = written(store, 5)
    before = said(store, names)
    monkeypatch.setattr("incay.trainables.store.packs.columns.MOST_BYTES", 1_000)
    assert store.pack(names) == 0
    assert said(store, names) == before
    assert not packs(store)
