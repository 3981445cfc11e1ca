"""Two drivers run the arms of one study side by side, and one of them is killed in between."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from programs import ENVIRONMENT, incay
from tiny_study import BASE, STUDY

from incay.study.errors import UserError
from incay.study.planning.checks.named_arms import named_arms
from incay.study.spec.reading.document import load_document
from incay.study.spec.study import parse_study
from incay.trainables.store.books import Books
from incay.trainables.store.runs.known import latest_run
from incay.trainables.store.trials import Store

LONGER = STUDY.replace("steps: 40", "steps: 300").replace("seeds: 2", "seeds: 1")


def started(folder: Path, *arms: str) -> subprocess.Popen[str]:
    """Start a driver of some arms, on a CPU of its own."""
    words = [word for arm in arms for word in ("--arm", arm)]
    return subprocess.Popen(
        [sys.executable, "-m", "incay", "run", "tiny.yaml", "--no-mirror", "--cpus", "1", *words],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_drivers_of_arms_end_as_one_driver_would(tmp_path):
    (tmp_path / "tiny.yaml").write_text(LONGER)
    first = started(tmp_path, "RN")
    try:
        deadline = time.monotonic() + 500
        while not list(tmp_path.glob("results/trials/*/*/progress.json")):
            assert first.poll() is None, first.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(first.pid, signal.SIGSTOP)  # else it may have ended before it is asked about
        whole = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
        assert whole.returncode == 2
        assert f"process {first.pid} on" in whole.stderr
        assert "'RN'" in whole.stderr
        status = incay("status", "tiny", cwd=tmp_path)
        assert f"RN: process {first.pid} on" in status.stdout
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()

    both = [started(tmp_path, arm) for arm in ("RN", "Softmax")]
    said = [each.communicate(timeout=1000) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    waiting = [out for out, _ in said if "confirm phase" in out]
    assert len(waiting) == 1, said
    (confirmed,) = (out for out, _ in said if "confirm phase" not in out)
    found = re.search(r"(\d) trials? started.*, (\d) reused; 6 completed", confirmed)
    assert found is not None, confirmed
    assert int(found[1]) + int(found[2]) == 6
    assert len(list(tmp_path.glob("results/trials/*/*/record.json"))) == 6
    store = Store(tmp_path / "results")
    books = Books(store, "tiny", latest_run(store, "tiny") or "")
    assert len(books.trials()) == 6
    assert not books.arms.lists() or not any(
        store.exists(f"{books.folder}/{name}") for name in books.arms.lists()
    )
    assert books.frozen() is not None
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert "0 trials started" in again.stdout
    assert again.returncode == 0


def test_arms_are_named_as_the_study_names_them(tmp_path):
    (tmp_path / "tiny.yaml").write_text(STUDY)
    refused = incay("run", "tiny.yaml", "--arm", "Rn", cwd=tmp_path)
    assert refused.returncode == 2
    assert "did you mean 'RN'?" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "results").exists()
    spec = parse_study(load_document(tmp_path / "tiny.yaml"))
    assert named_arms(spec, ["RN", "Softmax", "RN"]) == ("RN", "Softmax")
    (tmp_path / "plain.yaml").write_text(BASE)
    plain = parse_study(load_document(tmp_path / "plain.yaml"))
    with pytest.raises(UserError, match="needs a study with a search"):
        named_arms(plain, ["RN"])
