"""A study of a user's own loss, incay form, network and data set, in workers of a real Ray."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from own_parts import ARITHMETIC, write_own_study
from programs import ENVIRONMENT, incay
from small_study import local_outcomes, wait_for

from incay.trainables.store.kept import own_modules
from incay.trainables.store.trials import Store


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the study has run."""
    folder = tmp_path_factory.mktemp("own")
    write_own_study(folder)
    done = incay("run", "own.yaml", "--no-mirror", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 trials started, 0 reused; 6 completed" in done.stdout
    assert done.stderr.startswith("incay: runs code that is not incay's own: parts.py")
    return folder


def test_code_is_named_before_any_of_it_runs(tmp_path: Path) -> None:
    write_own_study(tmp_path)
    (tmp_path / "parts.py").write_text("import os\nos._exit(7)\n")
    done = incay("plan", "own.yaml", "--no-probe", cwd=tmp_path)
    assert done.returncode == 7
    assert "incay: runs code that is not incay's own: parts.py" in done.stderr


def fingerprint(folder: Path, arm: str) -> str:
    (path,) = folder.glob("results/studies/own/*/trials.json")
    rows = json.loads(path.read_text())["trials"]
    return next(row["fingerprint"] for row in rows if row["arm"] == arm)


def test_the_code_is_kept_with_the_results(trained):
    store = Store(trained / "results")
    record = store.read_record(fingerprint(trained, "Lowered"))
    kept = own_modules(store, record.provenance["own_code"])
    assert kept is not None
    assert set(kept.modules) == {"parts", "arithmetic", "vision"}
    assert kept.modules["arithmetic"].text == ARITHMETIC
    assert str(trained) not in json.dumps(record.config)
    (book,) = (trained / "results").glob("studies/own/*/study.json")
    assert str(trained) not in book.read_text()


@pytest.mark.parametrize("command", ["status", "table"])
def test_commands_that_read_run_none_of_it(trained, command):
    saved = (trained / "parts.py").read_text()
    (trained / "parts.py").write_text("raise SystemExit('it ran')")
    try:
        for asked in ("own", "own.yaml"):
            done = incay(command, asked, cwd=trained)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "not incay's own" not in done.stderr
    finally:
        (trained / "parts.py").write_text(saved)


def test_what_is_reformatted_is_found_and_what_is_changed_is_not(trained):
    path = trained / "arithmetic.py"
    path.write_text("# Other words.\ndef lowered( logit,margin ):\n    return (logit-margin)\n")
    plan = incay("plan", "own.yaml", "--no-probe", cwd=trained)
    assert "6 are finished" in plan.stdout, plan.stdout + plan.stderr
    path.write_text(ARITHMETIC.replace("- margin", "- 2 * margin"))
    try:
        plan = incay("plan", "own.yaml", "--no-probe", cwd=trained)
        # The arm of the form in the same file is trained anew as well.
        assert "2 are finished" in plan.stdout, plan.stdout + plan.stderr
        why = incay("why", fingerprint(trained, "Lowered"), "--uses", "parts.py", cwd=trained)
        assert "-    return logit - margin\n" in why.stdout
        assert "+    return logit - 2 * margin\n" in why.stdout
    finally:
        path.write_text(ARITHMETIC)


def test_a_trial_of_own_code_is_trained_again_only_where_the_code_is_named(trained):
    asked = ["verify", "own", "--retrain", "6"]
    without = incay(*asked, cwd=trained)
    assert without.returncode == 1, without.stdout + without.stderr
    assert "6 trials trained again: 6 " in without.stdout
    with_code = incay(*asked, "--uses", "parts.py", "--uses", "vision.py", cwd=trained)
    assert with_code.returncode == 0, with_code.stdout + with_code.stderr


def test_its_code_can_be_written_down_again(trained, tmp_path):
    asked = ["why", fingerprint(trained, "Root"), "--code", str(tmp_path / "code")]
    done = incay(*asked, cwd=trained)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "code" / "arithmetic.py").read_text() == ARITHMETIC
    again = incay(*asked, cwd=trained)
    assert again.returncode == 2
    assert "must be a new folder" in again.stderr


@pytest.mark.long
def test_a_killed_study_of_own_code_ends_as_if_nothing_had_happened(tmp_path):
    """Its network drops features at random: a resumed trial draws what it would have drawn."""
    steps = {"steps": 1000, "reports": 50}
    for name in ("killed", "whole"):
        write_own_study(tmp_path / name, **steps)
    whole = incay("run", "own.yaml", "--no-mirror", cwd=tmp_path / "whole", timeout=500)
    assert whole.returncode == 0, whole.stdout + whole.stderr
    killed = tmp_path / "killed"
    driver = subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "own.yaml", "--no-mirror"],
        cwd=killed,
        env={**ENVIRONMENT, "INCAY_CHECKPOINT_SECONDS": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: list(killed.glob("results/trials/*/*/checkpoint.pt")), "a checkpoint")
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    again = incay("run", "own.yaml", "--no-mirror", cwd=killed, timeout=500)
    assert again.returncode == 0, again.stdout + again.stderr
    assert local_outcomes(killed / "results") == local_outcomes(tmp_path / "whole" / "results")
