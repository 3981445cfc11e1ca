"""What it costs that a record outlasts a power loss.

Run as ``python -m benchmarks.faults.durability --folder DIR``.

The same records, each with three tables, written in three ways in turn: with nothing flushed, each
file flushed by itself but no folder (as it was, with which a name could be lost), and as it is. DIR
must lie on the disk that is meant: a folder in memory costs nothing.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa

from incay.trainables.store import durable
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

_HISTORY = [{"step": float(step), "train.loss": 0.5, "val.error": 3.0} for step in range(20)]


def write(store: Store, number: int) -> float:
    """Write one record with its tables; return the seconds."""
    draw = np.random.default_rng(number)
    images = 2_000
    tables = {
        "samples": pa.table({"label": draw.integers(10, size=images), "norm": draw.random(images)}),
        "weights": pa.table({"count": draw.integers(9999, size=1_000)}),
    }
    config = {"seed": number}
    record = TrialRecord(
        fingerprint=fingerprint_of(config, "data", "code"),
        status=Ending.COMPLETED,
        config=config,
        step=20,
        metrics={"val.error": 3.0},
        data_hash="data",
        code_version="code",
        provenance={"seconds": 1.0},
    )
    started = time.perf_counter()
    store.write_record(record, _HISTORY, tables)
    return time.perf_counter() - started


@contextmanager
def nothing_flushed() -> Iterator[None]:
    with mock.patch.object(durable, "_side_by_side", return_value=None):
        yield


@contextmanager
def files_one_by_one() -> Iterator[None]:
    def flush(paths: object) -> None:
        for path in paths:  # type: ignore[attr-defined]
            if path.is_file():
                durable._flush(path)

    with mock.patch.object(durable, "_side_by_side", flush):
        yield


@contextmanager
def as_it_is() -> Iterator[None]:
    yield


def main() -> None:
    """Measure and print a line for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--records", type=int, default=100)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    ways: tuple[Callable[[], object], ...] = (nothing_flushed, files_one_by_one, as_it_is)
    taken: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for turn in range(chosen.turns):
        for way in ways:
            place = Path(tempfile.mkdtemp(dir=chosen.folder))
            store = Store(place)
            with way():  # type: ignore[attr-defined]
                for number in range(chosen.records):
                    taken[way.__name__].append(write(store, turn * chosen.records + number))
            shutil.rmtree(place)
    print(f"# {chosen.turns} x {chosen.records} records, Python {platform.python_version()}")
    for name, seconds in taken.items():
        low, middle, high = statistics.quantiles([1e3 * each for each in seconds], n=4)
        print(f"{name:<18} {middle:7.2f} ms a record ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
