"""``incay verify STUDY --retrain N``, as a user calls it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from in_process import Done, incay
from programs import ENVIRONMENT

from incay.analysis.results.study import Trial
from incay.study.retraining.drawing import draw, new_seed
from incay.trainables.store.records import TrialRecord
from incay.trainables.store.trials import Store


@pytest.fixture
def store(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The tiny study's results, to be altered."""
    shutil.copytree(finished / "results", tmp_path / "results")
    shutil.copy(finished / "tiny.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return Store(tmp_path / "results")


def records(store: Store) -> list[TrialRecord]:
    found = [store.read_record(name) for name in store.fingerprints()]
    return [record for record in found if record is not None]


def forge(store: Store) -> TrialRecord:
    """Improve a confirmed trial's error by the project's own code, in all places that name it."""
    record = next(each for each in records(store) if "test.error" in each.metrics)
    history = store.history(record)
    history[-1]["test.error"] -= 1.0
    metrics = {**record.metrics, "test.error": history[-1]["test.error"]}
    tables = {
        name.removesuffix(".parquet"): store.read_table(record, name)
        for name in record.files
        if name != "history.parquet"
    }
    return store.write_record(replace(record, metrics=metrics), history, tables)  # type: ignore[arg-type]


def verified(*arguments: str) -> Done:
    return incay("verify", *arguments)


def test_a_healthy_store_is_the_same_bit_for_bit_and_the_draw_can_be_repeated(store):
    done = verified("tiny.yaml", "--retrain", "2")
    assert done.code == 0, done.out + done.err
    assert "trains 2 of 8 finished trials again" in done.out
    assert done.out.endswith("2 trials trained again: 2 the same bit for bit\n")
    drawn = re.findall(r"\(([0-9a-f]{20})\): the same bit for bit", done.out)
    assert len(drawn) == 2
    (again,) = re.findall(r"^  (incay verify .*)$", done.out, re.MULTILINE)
    repeated = incay(*shlex.split(again)[1:])
    assert repeated.code == 0
    assert re.findall(r"\(([0-9a-f]{20})\)", repeated.out) == drawn


def test_a_forged_record_is_found_and_no_other_is_blamed(store):
    forged = forge(store)
    shown = incay("table", "tiny")
    assert shown.code == 0  # nothing but training again can tell
    done = verified("tiny", "--retrain", "100")
    assert done.code == 1, done.out + done.err
    assert "trains 8 of 8 finished trials again" in done.out
    different = re.findall(r"\(([0-9a-f]{20})\): different", done.out)
    assert different == [forged.fingerprint]
    assert f"test.error is {forged.metrics['test.error']!r} in the record, " in done.out
    assert done.out.endswith("8 trials trained again: 7 the same bit for bit, 1 different\n")


def test_trials_that_are_named_are_trained_again(store):
    first, second, *_ = sorted(record.fingerprint for record in records(store))
    done = verified("tiny", "--trial", second, "--trial", first[:12], "--trial", second)
    assert done.code == 0, done.out + done.err
    assert "trains 2 of 8 finished trials again" in done.out
    assert re.findall(r"\(([0-9a-f]{20})\): the same", done.out) == [second, first]


def test_a_forged_trial_that_is_named_is_found(store):
    forged = forge(store)
    done = verified("tiny", "--trial", forged.fingerprint)
    assert done.code == 1
    assert f"({forged.fingerprint}): different" in done.out


def test_a_damaged_record_is_named_though_it_is_not_drawn(store):
    damaged = records(store)[0]
    path = store.local_root / "trials" / damaged.fingerprint[:2] / damaged.fingerprint
    (path / "record.json").write_text("{")
    done = verified("tiny", "--retrain", "1")
    assert done.code == 1
    assert f"{path}/record.json must be" in done.out
    assert "trains 1 of 7 finished trials again" in done.out


def test_control_c_says_what_was_compared_and_leaves_nothing(store, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "verify", "tiny", "--retrain", "8", "--draw", "x"],
        env={**ENVIRONMENT, "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert driver.stdout is not None
    for line in driver.stdout:
        if "the same bit for bit" in line:
            break
    os.kill(driver.pid, signal.SIGINT)
    out, err = driver.communicate(timeout=500)
    assert driver.returncode == 130, out + err
    told = re.search(r"(\d) trials? trained again: \1 the same bit for bit\n$", out)
    assert told is not None
    assert f"interrupted: {8 - int(told[1])} were not compared; `incay verify tiny@" in err
    assert "Traceback" not in err
    assert not [each for each in scratch.iterdir() if each.name.startswith("incay-")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tiny"], "a study with --retrain N, but got 'tiny'"),
        (["tiny.yaml"], "a study with --retrain N, but got 'tiny.yaml'"),
        (["table.md", "--draw", "x"], "--draw draws trials to train again"),
        (
            ["tiny", "--retrain", "1", "--results", "nowhere"],
            "a study must have been run here first",
        ),
        (["tini", "--retrain", "1"], "there is no 'tini'"),
        (["tiny", "--trial", "0" * 20], "of one finished trial of tiny@"),
        (["tiny", "--trial", ""], "but with '' none does"),
        (["tiny", "--trial", "ab", "--retrain", "1"], "one of the two must go"),
        (["tiny", "--trial", "ab", "--draw", "x"], "--draw draws trials to train again"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_one_message(arguments, expected, store):
    done = verified(*arguments)
    assert done.code == 2, done.out + done.err
    assert expected in done.err
    assert done.err.count("\n") == 1


def test_a_run_without_results_has_nothing_to_train_again(store):
    shutil.rmtree(store.local_root / "trials")
    done = verified("tiny", "--retrain", "1")
    assert done.code == 2
    assert "must have finished trials to train again, but tiny@" in done.err


def trials(*names: str) -> list[Trial]:
    return [Trial(arm="A", phase="confirm", number=0, fingerprint=name) for name in names]


def test_a_draw_hangs_on_seed_and_trials_alone():
    names = [f"{number:020x}" for number in range(50)]
    drawn = draw(trials(*names), 5, "seed")
    assert draw(trials(*reversed(names)), 5, "seed") == drawn
    assert draw(trials(*names), 5, "other") != drawn
    without = [name for name in names if name != drawn[0].fingerprint]
    assert draw(trials(*without), 4, "seed") == drawn[1:]
    assert new_seed() != new_seed()


def test_every_trial_is_drawn_as_often_as_any_other():
    all_trials = trials(*(f"{number:020x}" for number in range(10)))
    counts = dict.fromkeys((trial.fingerprint for trial in all_trials), 0)
    for seed in range(2_000):
        for trial in draw(all_trials, 2, str(seed)):
            counts[trial.fingerprint] += 1
    # 400 each, with a standard deviation of 18.
    assert all(320 < count < 480 for count in counts.values())
