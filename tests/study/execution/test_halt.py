"""A run that must end before its work is done ends in good order, and goes on later."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from programs import incay, python
from tiny_study import STUDY, interrupted, results

FAULTY_STORES = '''
import errno
import time
from pathlib import Path
from incay.trainables.store.problems import StoreError
from incay.trainables.store.trials import Store


class FullStore(Store):
    """Injects the fault: no space is left once three records are written."""

    def __reduce__(self):
        return FullStore, (self.root,)

    def write(self, path, content):
        if len(list(Path(self.root).glob("trials/*/*/record.json"))) >= 3:
            raise StoreError(errno.ENOSPC, "No space left on device", self.where(path))
        super().write(path, content)


class HangingStore(Store):
    """Injects the fault: the first report of a trial never ends."""

    def __reduce__(self):
        return HangingStore, (self.root,)

    def write_progress(self, fingerprint, progress):
        try:
            (Path(self.root) / "hung").touch(exist_ok=False)
        except FileExistsError:
            super().write_progress(fingerprint, progress)
        else:
            time.sleep(100_000)
'''
RUN = """
import sys
from unittest import mock
import faulty_stores
from incay.study import cli
from incay.study.commands.shared import groups

store, *arguments = sys.argv[1:]
sys.argv = ["incay", "run", "tiny.yaml", "--no-mirror", *arguments]
with mock.patch.object(groups, "open_store", getattr(faulty_stores, store)):
    cli.main()
"""


def run_with(store: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "tiny.yaml").write_text(STUDY)
    (folder / "faulty_stores.py").write_text(FAULTY_STORES)
    (folder / "run.py").write_text(RUN)
    return python("run.py", store, *arguments, cwd=folder)


def test_a_full_disk_is_told_and_the_study_goes_on_later(finished: Path, tmp_path: Path) -> None:
    full = run_with("FullStore", tmp_path)
    assert full.returncode == 1, full.stderr
    assert "No space left on device" in full.stderr
    assert "the same command goes on from here" in full.stderr
    assert "Traceback" not in full.stderr
    kept = {
        path: path.stat().st_mtime_ns for path in tmp_path.glob("results/trials/*/*/record.json")
    }
    assert len(kept) == 3
    again = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert results(tmp_path / "results") == results(finished / "results")
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_a_request_to_terminate_is_like_ctrl_c(tmp_path: Path) -> None:
    long = ["--set", "steps=4000", "--set", "reports=400", "--set", "budget.trials=1", "--seeds=1"]
    code, errors = interrupted(tmp_path, signal.SIGTERM, *long)
    assert code == 130, errors
    assert "interrupted: the same command goes on from here" in errors
    assert list(tmp_path.glob("results/trials/*/*/checkpoint.pt"))


def test_a_process_that_hangs_says_where_it_stands_and_tells_no_beats(tmp_path: Path) -> None:
    """It ends nothing: its clock cannot tell a hang from a process that was suspended."""
    script = (
        "import time\n"
        "from incay.trainables.worker.watchdog import Watchdog\n"
        "told = []\n"
        "dog = Watchdog(2.0, told.append)\n"
        "with dog.watching():\n"
        "    for _ in range(5):\n"
        "        time.sleep(0.5); dog.beat()\n"
        "time.sleep(2.5)\n"
        "before = list(told)\n"
        "with dog.watching():\n"
        "    time.sleep(4)\n"
        "print(before == sorted(set(before)), before[-1], told[len(before):], flush=True)\n"
    )
    ended = python("-c", script, cwd=tmp_path, timeout=50)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "True 5 []\n"
    assert ended.stderr.count("Timeout") == 1
    assert "in <module>" in ended.stderr


@pytest.mark.long
def test_a_worker_that_hangs_costs_no_result(finished: Path, tmp_path: Path) -> None:
    done = run_with("HangingStore", tmp_path, "--set", "resources.stall_seconds=10")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "results/hung").exists()
    assert results(tmp_path / "results") == results(finished / "results")


def test_a_cluster_that_does_not_answer_is_not_blamed_on_the_store(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(STUDY)
    done = incay("run", "tiny.yaml", "--no-mirror", cwd=tmp_path, RAY_ADDRESS="127.0.0.1:1")
    assert done.returncode == 2, done.stderr
    assert "RAY_ADDRESS must be the address of a Ray cluster that answers" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_request_to_terminate_is_heard_from_the_moment_that_ray_starts(tmp_path: Path) -> None:
    """Ray's C++ would put a handler before ours, which aborts the process if it takes 3 seconds.

    It is known by the stack that it writes.
    """
    script = (
        "import signal\n"
        "from incay.study.execution.on_ray.session import RaySession\n"
        "told = []\n"
        "signal.signal(signal.SIGTERM, lambda number, _: told.append(number))\n"
        "with RaySession(cpus=1, gpus=0) as session:\n"
        "    session.start()\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "print(told == [signal.SIGTERM])\n"
    )
    ended = python("-c", script, cwd=tmp_path, timeout=100)
    assert (ended.stdout, ended.stderr) == ("True\n", "")
