"""Results that vanish in mid-run, that a newer program wrote, and trials that failed: told."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from in_process import incay as in_process
from programs import ENVIRONMENT, incay
from simulated import spec

from incay.study.errors import HaltedError
from incay.study.execution.books.ledger import study_book
from incay.study.execution.place import ResultsPlace
from incay.trainables.store.books import Books
from incay.trainables.store.records import SCHEMA_VERSION
from incay.trainables.store.trials import Store

STUDY = """\
name: one
base:
  dataset: digits
  network: {name: mnist-2d, width: 0.1, dimension: 2}
  steps: 6
  reports: 1
  batch_size: 32
  optimizer: {lr: 0.02}
  precision: fp32
arms: {A: {}, B: {incay: {form: reciprocal, weight: 0.1}}}
confirm: {seeds: 2}
"""
LONG = STUDY.replace("steps: 6", "steps: 100000").replace("reports: 1", "reports: 10000")


@pytest.mark.parametrize("what", ["moved", pytest.param("deleted", marks=pytest.mark.long)])
def test_results_that_vanish_in_mid_run_are_told(what, tmp_path):
    (tmp_path / "study.yaml").write_text(LONG)
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "study.yaml", "--no-mirror"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 500
    while not list(tmp_path.glob("results/trials/*/*/progress.json")):
        assert driver.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (tmp_path / "results").rename(tmp_path / "elsewhere")
    if what == "deleted":
        shutil.rmtree(tmp_path / "elsewhere")
    out, errors = driver.communicate(timeout=500)
    assert driver.returncode == 1, errors
    assert "the results must stay where they are while a study runs" in errors
    assert "completed" not in out
    assert "Traceback" not in errors


def test_a_phase_is_not_complete_without_its_records(tmp_path):
    study = spec()
    books = Books(Store(tmp_path), study.name, study.run)
    place = ResultsPlace(books)
    books.write_study(study_book(study))
    book = tmp_path / books.folder / "study.json"
    place.begin()
    assert place.look() is None
    place.require([], 0)
    with pytest.raises(HaltedError, match="1 of 0 records are missing or damaged"):
        place.require([], 1)
    book.unlink()
    assert place.look() is None  # it has just looked
    assert "its books are gone" in str(place.look_again())
    with pytest.raises(HaltedError, match="its books are gone"):
        place.require([], 0)


def test_records_of_a_newer_program_are_refused_and_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(STUDY)
    first = incay("run", "study.yaml", "--no-mirror", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    (book,) = Path("results/studies/one").glob("*/study.json")
    *_, record = sorted(Path("results/trials").glob("*/*/record.json"))
    for path, known in ((record, SCHEMA_VERSION), (book, 1)):
        before = path.read_text()
        path.write_text(json.dumps({**json.loads(before), "schema": known + 1}))
        newer = path.read_text()
        for command in (["plan", "study.yaml", "--no-probe"], ["run", "study.yaml", "--no-mirror"]):
            done = in_process(*command)
            assert done.code == 2, done.err
            assert f"must have schema {known} or older, but has {known + 1}" in done.err
            assert path.name in done.err
            assert "a newer version of incay" in done.err
            assert "done again" not in done.out + done.err
            assert path.read_text() == newer
        path.write_text(before)
    # A newer program may sign its records in another way.
    values = json.loads(record.read_text())
    del values["checksum"]
    record.write_text(json.dumps({**values, "schema": SCHEMA_VERSION + 1}))
    assert f"schema {SCHEMA_VERSION} or older" in in_process("run", "study.yaml", "--no-mirror").err


FAILING = """
import builtins, sys

before = builtins.__import__


def fail(self):
    raise ValueError("a fault of the trainer")


def load(name, *arguments, **options):
    module = before(name, *arguments, **options)
    trainer = getattr(sys.modules.get("incay.trainables.training.trainer"), "Trainer", None)
    if trainer is not None:
        trainer.advance = fail
    return module


builtins.__import__ = load
"""
"""Injects the fault into every process that starts here, workers too."""


def test_why_a_trial_failed_is_told_with_the_command_that_says_more(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(FAILING)
    (tmp_path / "study.yaml").write_text(STUDY)
    done = incay("run", "study.yaml", "--no-mirror", "--results", "a b", cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    told = [place for place, line in enumerate(lines) if " failed: " in line]
    assert len(told) == 4
    assert lines[told[0]].startswith("A, confirm 0 failed: ValueError: a fault of the trainer")
    command = lines[told[0] + 1].split()
    assert command[:2] == ["incay", "why"]
    assert command[3:] == ["--results", "'a", "b'"]
    why = incay("why", command[2], "--results", "a b", cwd=tmp_path)
    assert why.returncode == 0
    assert "it ended as failed, which is no result: ValueError" in why.stdout
