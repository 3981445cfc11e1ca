"""Studies on a real Ray, from the command line as a user starts them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

from programs import ENVIRONMENT, incay
from tiny_study import STUDY, interrupted, results

from incay.trainables.scratch import Scratch


def test_again_trains_nothing(finished):
    started = time.monotonic()
    again = incay("run", "tiny.yaml", cwd=finished)
    assert again.returncode == 0, again.stderr
    assert "0 trials started, 8 reused; 8 completed" in again.stdout
    assert time.monotonic() - started < 60


def test_what_killed_commands_left_goes_even_if_nothing_is_trained(finished, tmp_path):
    left = Scratch("mirror", tmp_path)
    left._lock.release()  # as if its process were gone
    again = incay("run", "tiny.yaml", cwd=finished, TMPDIR=str(tmp_path))
    assert "0 trials started, 8 reused; 8 completed" in again.stdout
    assert not left.folder.exists()


def test_status_and_table_need_neither_file_nor_data(finished, tmp_path):
    shown = incay("status", "tiny", "--results", str(finished / "results"), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "confirm" in shown.stdout
    table = incay(
        "table", "tiny", "--results", str(finished / "results"), "--format", "csv", cwd=tmp_path
    )
    assert table.returncode == 0, table.stderr
    assert "Softmax" in table.stdout
    assert "RN" in table.stdout


def test_search_trials_never_see_the_test_set(finished):
    phases = {}
    for path in finished.glob("results/studies/tiny/*/trials.json"):
        for row in json.loads(path.read_text())["trials"]:
            phases[row["fingerprint"]] = row["phase"]
    assert sorted(phases.values()) == ["confirm"] * 4 + ["search"] * 4
    for name, metrics in results(finished / "results").items():
        opened = any(metric.startswith("test.") for metric in metrics)
        assert opened == (phases[name] == "confirm")


def test_plan_runs_nothing(finished, tmp_path):
    shown = incay("plan", str(finished / "tiny.yaml"), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "8 trials, 320 steps in all" in shown.stdout
    assert "estimated:" in shown.stdout
    assert not (tmp_path / "results").exists()
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=finished)
    assert "training took" in again.stdout
    assert "`incay plan` had estimated" in again.stdout
    after = incay("plan", "tiny.yaml", cwd=finished)
    assert "8 trials, 320 steps in all; 8 are finished" in after.stdout
    assert "nothing is left to train" in after.stdout


def test_killed_driver_loses_nothing_and_trains_nothing_twice(finished, tmp_path):
    """Kill -9 after some results; the same command ends with the undisturbed run's results."""
    (tmp_path / "tiny.yaml").write_text(STUDY)
    command = [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror"]
    driver = subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 500
    while len(list(tmp_path.glob("results/trials/*/*/record.json"))) < 3:
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    kept = {
        path: path.stat().st_mtime_ns for path in tmp_path.glob("results/trials/*/*/record.json")
    }
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert results(tmp_path / "results") == results(finished / "results")
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_ctrl_c_stops_with_checkpoints_and_the_same_command_goes_on(tmp_path):
    long = ["--set", "steps=1500", "--set", "reports=150", "--set", "budget.trials=1", "--seeds=1"]
    code, errors = interrupted(tmp_path, signal.SIGINT, *long)
    assert code == 130, errors
    assert "goes on from here" in errors
    found = tmp_path.glob("results/trials/*/*/record.json")
    records = {path.parent: json.loads(path.read_text()) for path in found}
    assert {record["status"] for record in records.values()} == {"interrupted"}
    # A trial that had not reached a report has nothing to keep.
    begun = [folder for folder, record in records.items() if record["step"] > 0]
    assert begun
    assert all((folder / "checkpoint.pt").exists() for folder in begun)
    again = incay("run", "tiny.yaml", "--no-mirror", *long, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"({len(begun)} from a checkpoint)" in again.stdout


def test_damaged_records_and_checkpoints_are_named_and_made_again(finished, tmp_path):
    """A cut record, a flipped bit in a table and a damaged checkpoint: three trials, no more."""
    shutil.copytree(finished, tmp_path / "copy")
    trials = sorted((tmp_path / "copy/results/trials").glob("*/*"))
    cut = trials[0] / "record.json"
    cut.write_bytes(cut.read_bytes()[:-40])
    flipped = next(trials[1].glob("samples*.parquet"))
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    for each in trials[2].iterdir():  # it has not ended yet
        each.unlink()
    (trials[2] / "checkpoint.pt").write_bytes(b"\0" * 100)
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path / "copy")
    assert again.returncode == 0, again.stderr
    assert "3 trials started" in again.stdout
    told = [line for line in again.stdout.splitlines() if line.startswith("done again: ")]
    assert len(told) == 3
    for path in (cut, flipped, trials[2] / "checkpoint.pt"):
        assert any(str(path) in line for line in told)
    assert results(tmp_path / "copy/results") == results(finished / "results")
    last = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path / "copy")
    assert "0 trials started, 8 reused" in last.stdout
    assert "done again" not in last.stdout
