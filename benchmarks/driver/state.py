"""What a driver itself keeps and does for each trial of a search, without Ray: by number of trials.

Run as ``python -m benchmarks.driver.state --trials 100000`` (minutes). A search of idle trials goes
through what chooses points, counts, and keeps the books, each trial ending when its turn comes;
nothing is placed, and no record is written. For each tenth stand milliseconds of the processor a
trial, the process's own memory, and the seconds that writing the list of trials once takes.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import random
import tempfile
import time
from collections import Counter, deque
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.driver.scale import study
from incay.study.execution.books.ledger import Ledger
from incay.study.execution.monitor import Monitor
from incay.study.planning.data_catalog import DataCatalog
from incay.study.planning.trials import PlannedTrial, Planner
from incay.study.search.order import SearchWork
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import StudySpec, parse_study
from incay.trainables.fingerprint import code_version
from incay.trainables.store.endings import Ending
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store

_TENTHS = 10
_PLACES = 2


def record(trial: PlannedTrial) -> TrialRecord:
    """Return how an idle trial ends."""
    noise = random.Random(trial.fingerprint).random()
    error = 10.0 + math.log10(trial.config.incay.weight) ** 2 + noise
    return TrialRecord(
        fingerprint=trial.fingerprint,
        status=Ending.COMPLETED,
        config={},
        step=trial.config.steps,
        metrics={"val.error": error, "val.norm": 10.0},
        data_hash="",
        code_version="",
        provenance={"seconds": 1.0},
    )


def simulate(spec: StudySpec, store: Store, trials: int) -> None:
    """Run the search of a study, and print what each tenth of it cost."""
    work = SearchWork(spec, Planner(spec, DataCatalog(None)), lambda _: None, lambda _: [])
    monitor, ledger = Monitor(spec), Ledger(store, spec)
    totals = Counter({search.arm.name: search.total for search in work.searches})
    monitor.begin("search", dict(totals), "val.error")
    process, running = psutil.Process(), deque[PlannedTrial]()
    before = process.memory_full_info().uss / 1e6
    print(f"before: {before:.0f} MB")
    for tenth in range(_TENTHS):
        started, number = time.process_time(), 0
        while number < trials // _TENTHS:
            while len(running) < _PLACES and isinstance(trial := work.next(), PlannedTrial):
                monitor.trial_started(trial, continued=False)
                running.append(trial)
            if not running:
                break
            trial, number = running.popleft(), number + 1
            monitor.trial_reported(trial, trial.config.steps)
            ended = record(trial)
            work.end(trial, ended)
            monitor.trial_ended(trial, ended, reused=False)
        each = 1e3 * (time.process_time() - started) / max(1, number)
        started = time.process_time()
        ledger.keep(work.planned, now=True)
        books = time.process_time() - started
        memory = process.memory_full_info().uss / 1e6
        print(
            f"trials {tenth * trials // _TENTHS:>7} to {(tenth + 1) * trials // _TENTHS:>7}: "
            f"{each:5.2f} ms of CPU each, {memory:6.0f} MB, "
            f"{1e3 * (memory - before) / ((tenth + 1) * trials // _TENTHS):5.1f} kB a trial; "
            f"the list once {books:5.2f} s",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--arms", type=int, default=20)
    parser.add_argument("--pruner", default="none")
    chosen = parser.parse_args()
    print(
        f"# {chosen.trials} trials in {chosen.arms} arms, sampler {chosen.sampler}, pruner "
        f"{chosen.pruner}; optuna {version('optuna')}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs ({platform.machine()})",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        sampler = f"sampler: {chosen.sampler}"
        text = study(chosen.trials, chosen.sampler, chosen.arms)
        text = text.replace(sampler, f"{sampler}, pruner: {chosen.pruner}")
        path = Path(place) / "scale.yaml"
        path.write_text(f"{text}limits: {{trials: {10 * chosen.trials}}}\n")
        spec = parse_study(load_document(path))
        code_version(spec.arms[0].config)  # once a process
        simulate(spec, Store(Path(place) / "results"), chosen.trials)


if __name__ == "__main__":
    main()
