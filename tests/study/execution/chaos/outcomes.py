"""What must be the same of two runs of a study, and what no run may say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from supervised import STUDY

from incay.trainables.store.endings import Ending

_PACE = "images_per_second"
_WORDS = ("Traceback", "state-dump", "Fatal Python error", "core dumped", "*** SIG")


def outcomes(results: Path) -> dict[str, str]:
    """Return what each trial has come to, by fingerprint, without what a clock decides.

    That is its ending with the reason, its step, its metrics and history to the last bit, and the
    checksum of each table.
    """
    found = {}
    for path in results.glob("trials/*/*/record.json"):
        record = json.loads(path.read_text())
        (history,) = path.parent.glob(f"history-{record['files']['history.parquet'][:16]}.parquet")
        reports = pq.ParquetFile(history).read().to_pylist()
        for metrics in (record["metrics"], *reports):
            metrics.pop(_PACE, None)
        tables = {k: v for k, v in record["files"].items() if k != "history.parquet"}
        known = ("status", "reason", "step", "metrics", "config")
        values = [*(record[name] for name in known), reports, tables]
        found[record["fingerprint"]] = json.dumps(values, sort_keys=True)  # floats to the last bit
    return found


def listed(results: Path) -> set[str]:
    """Return the fingerprints that the study's books list."""
    (book,) = results.glob(f"studies/{STUDY}/*/trials.json")
    return {row["fingerprint"] for row in json.loads(book.read_text())["trials"]}


def recorded(results: Path) -> dict[Path, str]:
    """Return when each trial that has a result was recorded, by its folder."""
    return dict(_recorded(results))


def _recorded(results: Path) -> Iterator[tuple[Path, str]]:
    for path in results.glob("trials/*/*/record.json"):
        try:
            record = json.loads(path.read_text())
            if Ending(record["status"]).is_final:
                yield path.parent, record["provenance"]["finished"]
        except (OSError, ValueError, KeyError):  # one that was damaged
            continue


def last_sign(results: Path) -> int:
    """Return when a trial was last heard of, in nanoseconds; 0 before the first."""
    times = [0]
    for name in ("record.json", "progress.json"):
        for path in results.glob(f"trials/*/*/{name}"):
            try:
                times.append(path.stat().st_mtime_ns)
            except OSError:  # it has just ended
                continue
    return max(times)


def said_wrongly(output: str) -> list[str]:
    """Return the lines of an output that no user should see."""
    return [line for line in output.splitlines() if any(word in line for word in _WORDS)]
