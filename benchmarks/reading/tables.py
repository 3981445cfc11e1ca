"""How time and memory of reading a study grow with its trials.

Writes synthetic studies of several sizes through the real store (100 reports per trial, 10,000
images per confirmed one), then loads each and builds the general table in a fresh process; of
the largest study, every table:

    python -m benchmarks.reading.tables --trials 2500 5000 10000
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from incay.analysis.tables import tables
from incay.trainables.config import TrialConfig
from incay.trainables.store.books import Books
from incay.trainables.store.endings import Ending
from incay.trainables.store.naming import fingerprint_of
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.shapes import ArmBook, Budget, StudyBook, TrialRow
from incay.trainables.store.trials import Store
from incay.trainables.worker.provenance import environment, now

ARMS = 20
REPLICATES = 5
EPOCHS = 100
IMAGES = 10_000
DATA, CODE = "d" * 16, "c" * 16

_MEASURE = """
import json, re, sys, time
started = time.perf_counter()
from incay.analysis import load, render, table
results = load(sys.argv[1], "scale")
loaded = time.perf_counter()
text = render(table(results, sys.argv[2]), "terminal")
done = time.perf_counter()
# Not getrusage: its peak includes that of the process that started this one.
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) / 1024
cpu = time.process_time()
print(json.dumps({"load": loaded - started, "total": done - started, "cpu": cpu, "MiB": peak}))
"""


def write_study(root: Path, trials: int) -> None:
    """Write a study of 20 arms whose trials have 100 reports each."""
    store, draw, rows = Store(root), random.Random(0), []
    config = TrialConfig().to_dict()
    per_arm = trials // ARMS
    for arm in range(ARMS):
        for index in range(per_arm):
            phase: Literal["search", "confirm"] = (
                "confirm" if index >= per_arm - REPLICATES else "search"
            )
            number = index - (per_arm - REPLICATES) if phase == "confirm" else index
            params = {"incay.weight": 10 ** draw.uniform(-3, 3)}
            settings = {
                **config,
                "incay": {**config["incay"], "form": "log", "weight": params["incay.weight"]},
                "seed": 1000 * arm + index,
            }
            fingerprint = fingerprint_of(settings, DATA, CODE)
            error = 8.0 + 0.1 * arm + draw.gauss(0.0, 0.2)
            split = "test" if phase == "confirm" else "val"
            metrics = {f"{split}.error": error, f"{split}.norm": 200.0, f"{split}.loss": 0.3}
            record = TrialRecord(
                fingerprint=fingerprint,
                status=Ending.COMPLETED,
                config=settings,
                step=100,
                metrics={**metrics, "train.loss": 0.1, "train.error": 2.0, "train.norm": 190.0},
                data_hash=DATA,
                code_version=CODE,
                provenance={**environment(), "started": now(), "finished": now(), "seconds": 60.0},
            )
            history = [
                {"step": float(epoch), "train.loss": math.exp(-epoch / 30), **metrics}
                for epoch in range(EPOCHS)
            ]
            evaluated = {"samples": samples(index)} if phase == "confirm" else {}
            store.write_record(record, history, evaluated)
            rows.append(
                TrialRow(
                    arm=f"arm {arm}",
                    phase=phase,
                    number=number,
                    fingerprint=fingerprint,
                    params=params,
                )
            )
    search = {"incay.weight": "log 1e-3 .. 1e3"}
    books = Books(store, "scale", "00000000")
    books.write_study(
        StudyBook(
            name=books.name,
            run=books.run,
            baseline="arm 0",
            replicates=REPLICATES,
            budget=Budget(trials=per_arm - REPLICATES, sampler="random", pruner="none"),
            arms=tuple(ArmBook(name=f"arm {arm}", search=search) for arm in range(ARMS)),
        )
    )
    books.write_trials(rows)


def samples(seed: int) -> pa.Table:
    """Return per-sample records of a model that is right in 92 of 100 images."""
    draw = np.random.default_rng(seed)
    label = np.arange(IMAGES) % 10
    prediction = np.where(draw.random(IMAGES) < 0.08, (label + 1) % 10, label)
    columns = {"label": label, "prediction": prediction}
    for name in ("loss", "norm"):
        columns[name] = draw.gamma(9.0, 20.0, IMAGES).astype(np.float32)
    return pa.table(columns).replace_schema_metadata({"split": "test"})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="+", default=[2500, 5000, 10000])
    chosen = parser.parse_args()
    print(
        f"# pyarrow {pa.__version__}, Python {platform.python_version()}, {os.cpu_count()} CPUs "
        f"({platform.machine()}); {ARMS} arms, {EPOCHS} reports a trial"
    )
    print(f"{'trials':>8} {'table':>16} {'load s':>8} {'total s':>8} {'CPU s':>8} {'peak MiB':>9}")
    for trials in chosen.trials:
        with tempfile.TemporaryDirectory() as folder:
            write_study(Path(folder), trials)
            for name in tables if trials == max(chosen.trials) else ("general",):
                command = [sys.executable, "-c", _MEASURE, folder, name]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                taken = json.loads(done.stdout)
                print(
                    f"{trials:8} {name:>16} {taken['load']:8.2f} {taken['total']:8.2f} "
                    f"{taken['cpu']:8.2f} {taken['MiB']:9.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
