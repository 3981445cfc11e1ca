"""How long it takes to read a study whose records are packed, by its number of trials.

Run as ``python -m benchmarks.reading.packs --trials 10000 100000``. A study of twenty arms is
written as runs leave it, each search trial at a point and with times of its own: records in packs
of a thousand, the list of trials in pieces, a folder for each trial. What lies beside the records
is left out, as nothing here reads it. Then fresh processes load it, say its status and build the
general table. ``--single`` writes each record into its trial's folder, as earlier versions did.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from incay.trainables.config import TrialConfig
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.packs.columns import to_parquet
from incay.trainables.store.packs.packing import SIZE
from incay.trainables.store.packs.shelf import digest_of, paths_of
from incay.trainables.store.places import RECORD, trial_folder
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import ArmBook, Budget, StudyBook, TrialRow
from incay.trainables.store.trials import Store
from incay.trainables.worker.provenance import environment

ARMS = 20
CONFIRMED = 5
STUDY, RUN = "scale", "0" * 8
_DAY = "2026-01-01T"
_DOING = {
    "load": "from incay.analysis import load; load(sys.argv[1], 'scale')",
    "status": "from incay.study.planning.status import study_status\n"
    "from incay.trainables.store.trials import Store\n"
    "study_status(Store(sys.argv[1]), 'scale', '00000000')",
    "table": "from incay.analysis import load, render, table\n"
    "render(table(load(sys.argv[1], 'scale'), 'general'), 'terminal')",
}
_MEASURE = """
import json, re, sys, time
started = time.perf_counter()
{doing}
taken = time.perf_counter() - started
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) / 1024
print(json.dumps([taken, time.process_time(), peak]))
"""


def write_study(root: Path, trials: int, *, single: bool) -> None:
    """Write a finished study of so many trials."""
    store, draw = Store(root), random.Random(0)
    base, surroundings = TrialConfig().to_dict(), environment()
    per_arm = trials // ARMS
    rows: list[TrialRow] = []
    waiting: list[dict[str, Any]] = []
    for index in range(per_arm):  # as places end them: the arms take turns
        for arm in range(ARMS):
            weight = 10 ** draw.uniform(-3, 3)
            record = _record(base, surroundings, arm, index, weight, per_arm, draw)
            confirmed = "test.error" in record.metrics
            rows.append(
                TrialRow(
                    arm=f"arm {arm}",
                    phase="confirm" if confirmed else "search",
                    number=index - (per_arm - CONFIRMED) if confirmed else index,
                    fingerprint=record.fingerprint,
                    params={"incay.weight": weight},
                )
            )
            folder = root / trial_folder(record.fingerprint)
            folder.mkdir(parents=True)
            if single:
                (folder / RECORD).write_text(record.to_json())
                continue
            waiting.append(dataclasses.asdict(record))
            if len(waiting) == SIZE:
                _write_pack(root, waiting)
                waiting.clear()
    if waiting:
        _write_pack(root, waiting)
    books = Books(store, STUDY, RUN)
    books.write_trials(rows)
    books.write_study(
        StudyBook(
            name=STUDY,
            run=RUN,
            baseline="arm 0",
            replicates=CONFIRMED,
            budget=Budget(trials=per_arm - CONFIRMED, sampler="random", pruner="none"),
            arms=tuple(
                ArmBook(
                    name=f"arm {arm}",
                    search={"incay.weight": "log 1e-3 .. 1e3"},
                    config=_config(base, arm, 0, 1.0),
                )
                for arm in range(ARMS)
            ),
        )
    )


def _config(base: dict[str, Any], arm: int, seed: int, weight: float) -> dict[str, Any]:
    incay = {**base["incay"], "form": "log", "weight": weight, "start_step": arm}
    return {**base, "incay": incay, "seed": seed}


def _record(
    base: dict[str, Any],
    surroundings: dict[str, Any],
    arm: int,
    index: int,
    weight: float,
    per_arm: int,
    draw: random.Random,
) -> TrialRecord:
    config = _config(base, arm, index, weight)
    split = "test" if index >= per_arm - CONFIRMED else "val"
    second = f"{_DAY}{index % 86_400 // 3600:02}:{index % 3600 // 60:02}:{index % 60:02}"
    seconds = draw.uniform(30.0, 60.0)
    return TrialRecord(
        fingerprint=fingerprint_of(config, "d" * 16, "c" * 16),
        status=Ending.COMPLETED,
        config=config,
        step=10_000,
        metrics={
            f"{split}.error": 8.0 + 0.1 * arm + draw.gauss(0.0, 0.2),
            f"{split}.norm": draw.uniform(100.0, 200.0),
            f"{split}.loss": draw.random(),
            "train.loss": draw.random(),
        },
        data_hash="d" * 16,
        code_version="c" * 16,
        provenance={
            **surroundings,
            "started": f"{second}.{arm:03}+00:00",
            "finished": f"{second}.{arm + 500:03}+00:00",
            "seconds": seconds,
            "gpu_seconds": 0.0,
            "attempts": [{"host": "here", "started": second, "from_step": 0}],
        },
        files={"history.parquet": draw.randbytes(32).hex()},
    )


def _write_pack(root: Path, records: list[dict[str, Any]]) -> None:
    content = to_parquet(records)
    for path in paths_of(digest_of(content)):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(content)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--single", action="store_true", help="a file for each record")
    chosen = parser.parse_args()
    print(
        f"# pyarrow {pa.__version__}, Python {platform.python_version()}, {os.cpu_count()} CPUs "
        f"({platform.machine()}), load {os.getloadavg()[0]:.1f}; {ARMS} arms"
    )
    print(f"{'trials':>8} {'':>8} {'wall s':>8} {'CPU s':>8} {'peak MiB':>9}")
    for trials in chosen.trials:
        with tempfile.TemporaryDirectory() as folder:
            write_study(Path(folder), trials, single=chosen.single)
            for name, doing in _DOING.items():
                command = [sys.executable, "-c", _MEASURE.format(doing=doing), folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                wall, cpu, peak = json.loads(done.stdout)
                print(f"{trials:8} {name:>8} {wall:8.2f} {cpu:8.2f} {peak:9.0f}", flush=True)


if __name__ == "__main__":
    main()
