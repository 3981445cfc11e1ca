"""A study killed at random moments ends as if nothing had happened."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.trial import TrialState
from programs import ENVIRONMENT, incay
from tiny_study import STUDY, results

from incay.study.mirrors.optuna_copy import open_storage, storage_address
from incay.trainables.store.trials import Store

TWELVE = STUDY.replace("budget: {trials: 2}", "budget: {trials: 4}").replace(
    "steps: 40", "steps: 120"
)
WORKERS = ("ray::IncayTrainable", "ray::ResourceTrainable")
"""Ray calls a worker by its class, and while it trains by Tune's wrapper of it."""


class Driver:
    """A running `incay run` that can be killed in several ways."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "incay", "run", "tiny.yaml"],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def code(self) -> int | None:
        return self._process.poll()

    def records(self) -> dict[Path, int]:
        found = self._folder.glob("results/trials/*/*/record.json")
        return {path: path.stat().st_mtime_ns for path in found}

    def wait_for(self, new_records: int, seconds: float) -> None:
        """Wait for results, then for a moment more; or until the run has ended."""
        before, deadline = len(self.records()), time.monotonic() + 500
        while self.code is None and len(self.records()) < before + new_records:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        moment = time.monotonic() + seconds
        while self.code is None and time.monotonic() < moment:
            time.sleep(0.02)

    def kill(self, what: str) -> None:
        """Kill -9 the driver, its whole process tree, or one of its workers."""
        family = self._family()
        if what == "worker":
            workers = [process for process in family if _named(process).startswith(WORKERS)]
            for process in workers[:1]:
                _kill(process)
            return
        self._process.kill()
        self._process.wait()
        if what == "tree":
            for process in family:
                _kill(process)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []


def _named(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


@pytest.mark.parametrize(
    "kills", [pytest.param(kills, id=f"{kills}", marks=pytest.mark.long) for kills in (3, 20)]
)
def test_a_killed_study_ends_as_the_undisturbed_one(kills: int, tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    (undisturbed / "tiny.yaml").write_text(TWELVE)
    done = incay("run", "tiny.yaml", "--no-mirror", cwd=undisturbed)
    assert done.returncode == 0, done.stderr
    (tmp_path / "tiny.yaml").write_text(TWELVE)

    draw = random.Random(kills)
    ways = ["worker", "tree", "driver"]
    kept: dict[Path, int] = {}
    driver = Driver(tmp_path)
    for number in range(kills):
        if draw.random() < 0.5:
            driver.wait_for(0, draw.uniform(0.0, 12.0))
        else:
            driver.wait_for(1, draw.uniform(0.0, 1.0))
        if driver.code is not None:
            assert driver.code == 0
            driver = Driver(tmp_path)
        kept = driver.records() | kept
        way = ways[number % len(ways)]
        driver.kill(way)
        if way != "worker":
            driver = Driver(tmp_path)
    driver.kill("tree")

    last = incay("run", "tiny.yaml", cwd=tmp_path)
    assert last.returncode == 0, last.stderr
    again = incay("run", "tiny.yaml", cwd=tmp_path)
    assert "0 trials started, 12 reused; 12 completed" in again.stdout
    assert results(tmp_path / "results") == results(undisturbed / "results")
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    _check_optuna(tmp_path)
    _check_mlflow(tmp_path)


def _check_optuna(folder: Path) -> None:
    storage = open_storage(storage_address(Store(folder / "results")))
    for name in optuna.get_all_study_names(storage):
        trials = optuna.load_study(study_name=name, storage=storage).trials
        assert sorted(trial.user_attrs["incay.number"] for trial in trials) == [0, 1, 2, 3]
        assert {trial.state for trial in trials} == {TrialState.COMPLETE}


def _check_mlflow(folder: Path) -> None:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder / 'results' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    keys = Counter(run.data.tags["incay.key"] for run in runs)
    assert set(keys.values()) == {1}
    assert len(keys) == 1 + 2 + 12
    assert {run.info.status for run in runs} == {"FINISHED"}
