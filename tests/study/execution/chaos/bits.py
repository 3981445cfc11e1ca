"""Bits of a study's files that turn by themselves, as on a bad disk."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from supervised import STUDY

BOOKS = tuple(
    f"studies/{STUDY}/{name}"
    for name in (
        "*/study.json",
        "*/trials.json",
        "*/freeze.json",
        "*/models.json",
        "*/lease.json",
        "latest.json",
    )
)
WORK = ("trials/*/*/checkpoint.pt", "trials/*/*/progress.json")
RECORDS = ("trials/*/*/record.json", "trials/*/*/*.parquet")
COPIES = ("mlflow.db", "optuna.journal")


def flip_bit(results: Path, patterns: Iterable[str], draw: random.Random) -> str:
    """Turn one bit of a file that fits; return the file's name below the results."""
    found = sorted({path for pattern in patterns for path in results.glob(pattern)})
    if not found:
        return ""
    path = draw.choice(found)
    with suppress(OSError), path.open("r+b", buffering=0) as file:
        size = path.stat().st_size
        if size:
            at = draw.randrange(size)
            file.seek(at)
            byte = file.read(1)[0] ^ 1 << draw.randrange(8)
            file.seek(at)
            file.write(bytes([byte]))
            return str(path.relative_to(results))
    return ""
