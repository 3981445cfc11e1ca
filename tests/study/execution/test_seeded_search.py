"""A search over several seeds with a race, on a real Ray: killed, gone on with and checked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from programs import ENVIRONMENT, incay
from tiny_study import BASE, results

from incay.analysis import load
from incay.analysis.results.points import search_points
from incay.study.mirrors.optuna_copy import open_storage, storage_address
from incay.trainables.store.shapes import search_name
from incay.trainables.store.trials import Store

SEEDED = f"""\
{BASE}search:
  all arms: {{optimizer.lr: log 1e-5 .. 0.05}}
budget: {{trainings: 14, seeds: 3, race: paired, sampler: random, parallel: 2}}
searches: 2
confirm: {{seeds: 2}}
"""


def run_and_kill(folder: Path, records: int) -> None:
    """Start the study and kill all of its processes once it has so many results."""
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror"],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while len(list(folder.glob("results/trials/*/*/record.json"))) < records:
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(driver.pid, signal.SIGKILL)
    driver.wait()


def listed(folder: Path) -> list[dict[str, Any]]:
    (path,) = folder.glob("results/studies/tiny/*/trials.json")
    rows: list[dict[str, Any]] = json.loads(path.read_text())["trials"]
    key = ("arm", "phase", "repetition", "number", "replicate")
    return sorted(rows, key=lambda row: [row[name] for name in key])


@pytest.mark.long
def test_a_killed_search_over_seeds_ends_as_the_undisturbed_one(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        (folder / "tiny.yaml").write_text(SEEDED)
    done = incay("run", "tiny.yaml", cwd=whole, timeout=900)
    assert done.returncode == 0, done.stderr
    run_and_kill(killed, 5)
    run_and_kill(killed, 23)
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=killed, timeout=900)
    assert again.returncode == 0, again.stderr
    assert listed(killed) == listed(whole)
    assert results(killed / "results") == results(whole / "results")
    searched = [row for row in listed(whole) if row["phase"] == "search"]
    counts = Counter((row["arm"], row["repetition"]) for row in searched)
    assert counts == {(arm, search): 14 for arm in ("Softmax", "RN") for search in (0, 1)}
    points = {(row["arm"], row["repetition"], row["number"]) for row in searched}
    assert len(points) > 4 * 5  # the race made room
    assert len(listed(whole)) - len(searched) == 2 * 2 * 2

    table = incay("table", "tiny", "--output", "t.csv", cwd=killed)
    assert table.returncode == 0, table.stderr
    assert incay("verify", "t.csv", cwd=killed).returncode == 0
    planned = incay("plan", "tiny.yaml", cwd=killed)
    assert "14 trainings, each point with the same 3 seeds" in planned.stdout
    assert "nothing is left to train" in planned.stdout
    copied(whole)
    altered(killed)


def copied(folder: Path) -> None:
    """Optuna's copy has one trial a point, with the mean of what its seeds gave."""
    read = load(folder / "results", "tiny")
    storage = open_storage(storage_address(Store(folder / "results")))
    searches = [(arm, search) for arm in read.arms for search in (0, 1)]
    for arm, search in searches:
        name = f"tiny {read.run} {search_name(arm.name, search)}"
        study = optuna.load_study(study_name=name, storage=storage)
        by_number = {trial.user_attrs["incay.number"]: trial for trial in study.trials}
        points = {
            point.number: point for point in search_points(read, arm) if point.repetition == search
        }
        assert by_number.keys() == points.keys()
        for number, trial in by_number.items():
            point = points[number]
            value = point.metric("val.error")
            assert trial.user_attrs["incay.trials"] == list(point.fingerprints)
            assert trial.state == (TrialState.PRUNED if value is None else TrialState.COMPLETE)
            if value is not None:
                assert trial.value == pytest.approx(value)
                assert trial.user_attrs["incay.by_seed"] == list(point.values("val.error"))


def altered(folder: Path) -> None:
    """Whoever lists a luckier seed, or another point, is found out."""
    (path,) = folder.glob("results/studies/tiny/*/trials.json")
    whole = path.read_text()
    rows = json.loads(whole)["trials"]
    further = next(row for row in rows if row["replicate"] == 2)
    first = next(
        row for row in rows if row == {**further, "replicate": 0, "fingerprint": row["fingerprint"]}
    )
    for changes, says in (
        ({"fingerprint": first["fingerprint"]}, "has seed"),
        ({"params": {"optimizer.lr": 0.001}}, "the results put it at"),
    ):
        values = [{**row, **changes} if row == further else row for row in rows]
        path.write_text(json.dumps({"trials": values}))
        told = incay("verify", "t.csv", cwd=folder)
        assert told.returncode != 0
        assert says in told.stdout + told.stderr
    path.write_text(whole)
