"""Studies whose trials train together, on a real Ray: to everybody else they are as before."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest
from programs import ENVIRONMENT, incay, python
from test_lost_workers import KILLING_STORE
from tiny_study import BASE, STUDY, interrupted, results

STACKED = ("--set", "resources.stack=4")
FIXED = f"""\
{BASE}  RN, strong: {{incay: {{form: reciprocal, weight: 0.2}}}}
confirm: {{seeds: 3}}
"""
"""Nine trials of two kinds: no result decides what is trained."""

NOISE = 0.05
"""How far rounding may lead a trial away in 40 steps, as a share of a metric."""


def records(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("results/trials/*/*/record.json"))
    return [json.loads(path.read_text()) for path in paths]


def assert_close(found: dict[str, dict[str, float]], expected: dict[str, dict[str, float]]) -> None:
    """Hold that two runs have trained the same trials, to the same metrics within rounding."""
    assert found.keys() == expected.keys()
    for fingerprint, metrics in expected.items():
        assert found[fingerprint].keys() == metrics.keys()
        for name, value in metrics.items():
            slack = 2.0 if name.endswith("error") else 1e-6
            assert found[fingerprint][name] == pytest.approx(value, rel=NOISE, abs=slack), name


def written(folder: Path) -> dict[Path, int]:
    found = folder.glob("results/trials/*/*/record.json")
    return {path: path.stat().st_mtime_ns for path in found}


def study(folder: Path, text: str = FIXED) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tiny.yaml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixed study, trial by trial."""
    folder = study(tmp_path_factory.mktemp("lone"))
    done = incay("run", "tiny.yaml", "--no-mirror", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_trials_are_those_of_training_alone(lone: Path, tmp_path: Path) -> None:
    study(tmp_path)
    done = incay("run", "tiny.yaml", *STACKED, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "9 trials started, 0 reused; 9 completed" in done.stdout
    assert "a copy of the results is not up to date" not in done.stderr
    assert_close(results(tmp_path / "results"), results(lone / "results"))
    found = [record["provenance"]["stacked"] for record in records(tmp_path)]
    assert Counter(each["members"] for each in found) == {4: 4, 3: 3, 2: 2}
    assert {each["alone_because"] for each in found} == {""}
    assert all("stacked" not in record["provenance"] for record in records(lone))

    before = written(tmp_path)
    again = incay("run", "tiny.yaml", *STACKED, "--no-mirror", cwd=tmp_path)
    assert "0 trials started, 9 reused; 9 completed" in again.stdout
    alone = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert "0 trials started, 9 reused; 9 completed" in alone.stdout
    assert written(tmp_path) == before

    status = incay("status", "tiny", cwd=tmp_path)
    assert "completed" in status.stdout
    why = incay("why", next(iter(before)).parent.name, cwd=tmp_path)
    assert "it trained together with" in why.stdout


def test_who_diverges_or_must_be_alone_leaves_the_others_be(lone: Path, tmp_path: Path) -> None:
    wild = "  Wild: {optimizer.lr: 1.0e30}\n  Careful: {deterministic: true}\nconfirm: {seeds: 1}\n"
    study(tmp_path, FIXED.replace("confirm: {seeds: 3}\n", wild))
    done = incay("run", "tiny.yaml", "--no-mirror", *STACKED, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "5 trials started, 0 reused; 4 completed, 1 diverged" in done.stdout
    found = records(tmp_path)
    (diverged,) = [record for record in found if record["status"] == "diverged"]
    assert diverged["config"]["optimizer"]["lr"] == 1e30
    assert diverged["provenance"]["stacked"]["members"] == 2
    (careful,) = [record for record in found if record["config"]["deterministic"]]
    assert careful["provenance"]["stacked"]["members"] == 1
    assert "deterministic" in careful["provenance"]["stacked"]["alone_because"]
    expected = results(lone / "results")
    ended = {
        record["fingerprint"]: {
            name: value for name, value in record["metrics"].items() if name != "images_per_second"
        }
        for record in found
        if record["fingerprint"] in expected
    }
    assert len(ended) == 3
    assert_close(ended, {name: expected[name] for name in ended})


def test_a_search_prunes_members_and_goes_on_with_the_others(tmp_path: Path) -> None:
    search = STUDY.replace("budget: {trials: 2}", "budget: {trials: 8, parallel: 4, pruner: asha}")
    search = search.replace(
        "optimizer.weight_decay: log 1e-5 .. 1e-2", "optimizer.lr: log 1e-6 .. 1e-1"
    )
    study(tmp_path, search.replace("reports: 4", "reports: 8"))
    done = incay("run", "tiny.yaml", "--no-mirror", *STACKED, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = records(tmp_path)
    pruned = [record for record in found if record["status"] == "pruned"]
    assert pruned
    assert {record["status"] for record in found} == {"pruned", "completed"}
    for record in pruned:
        assert 0 < record["step"] < 40
        assert record["provenance"]["seconds"] > 0.0
    assert any(record["provenance"]["stacked"]["members"] > 1 for record in pruned)
    assert not list(tmp_path.glob("results/trials/*/*/checkpoint.pt"))
    assert not list(tmp_path.glob("results/trials/*/*/progress.json"))
    before = written(tmp_path)
    again = incay("run", "tiny.yaml", "--no-mirror", *STACKED, cwd=tmp_path)
    assert "0 trials started, 20 reused" in again.stdout
    assert written(tmp_path) == before


def test_ctrl_c_keeps_every_members_checkpoint(tmp_path: Path) -> None:
    long = ["--set", "steps=600", "--set", "reports=60", "--set", "budget.trials=3", "--seeds=1"]
    code, errors = interrupted(tmp_path, signal.SIGINT, *long, *STACKED)
    assert code == 130, errors
    assert "goes on from here" in errors
    stopped = {
        path.parent: json.loads(path.read_text())
        for path in tmp_path.glob("results/trials/*/*/record.json")
    }
    assert {record["status"] for record in stopped.values()} == {"interrupted"}
    begun = [folder for folder, record in stopped.items() if record["step"] > 0]
    assert len(begun) >= 3
    assert all((folder / "checkpoint.pt").exists() for folder in begun)
    again = incay("run", "tiny.yaml", "--no-mirror", *long, *STACKED, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"({len(begun)} from a checkpoint)" in again.stdout
    for record in records(tmp_path):
        if record["fingerprint"] in {folder.name for folder in begun}:
            steps = [each["from_step"] for each in record["provenance"]["attempts"]]
            assert len(steps) == 2
            assert steps[1] > 0


def test_a_killed_worker_costs_no_trial(tmp_path: Path) -> None:
    study(tmp_path)
    long = ["--set", "steps=600", "--set", "reports=60", "--seeds=1", *STACKED]
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror", *long],
        cwd=tmp_path,
        env={**ENVIRONMENT, "INCAY_CHECKPOINT_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 500
    kept: set[str] = set()
    while len(kept) < 2:
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
        kept = {path.parent.name for path in tmp_path.glob("results/trials/*/*/checkpoint.pt")}
    for process in psutil.Process(driver.pid).children(recursive=True):
        if " ".join(process.cmdline()).startswith(("ray::StackTrainable", "ray::ResourceTrain")):
            process.kill()
    out, errors = driver.communicate(timeout=500)
    assert driver.returncode == 0, errors
    assert "3 trials started, 0 reused; 3 completed" in out
    assert "a worker was lost" in out
    for record in records(tmp_path):
        steps = [attempt["from_step"] for attempt in record["provenance"]["attempts"]]
        assert steps[0] == 0
        assert all(step > 0 for step in steps[1:])
        assert len(steps) > 1 or record["fingerprint"] not in kept


@pytest.mark.long
def test_one_that_kills_its_workers_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / "killing.py").write_text(KILLING_STORE.replace('["weight"]', '["weight"] == 0.2'))
    study(tmp_path)
    run = ("run", "tiny.yaml", "--no-mirror", "--seeds=1", *STACKED)
    done = python("killing.py", *run, cwd=tmp_path, timeout=500)
    assert done.returncode == 1, done.stdout + done.stderr
    by_weight = {record["config"]["incay"]["weight"]: record for record in records(tmp_path)}
    assert by_weight[0.2]["status"] == "failed"
    assert by_weight[0.1]["status"] == by_weight[0.0]["status"] == "completed"
    told = by_weight[0.1]["provenance"]["stacked"]["alone_because"]
    assert "its worker was lost 2 times" in told
